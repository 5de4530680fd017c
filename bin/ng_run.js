#!/usr/bin/env node
import module from 'node:module';

// Node 22 and later keep what they have compiled for the next start.
module.enableCompileCache?.();
const {runProgram} = await import('../dist/program/rollcall.js');
await runProgram(['run']);
