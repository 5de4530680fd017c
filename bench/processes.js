import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {createInterface} from 'node:readline';

/** The collector under measurement, as it was built. */
export const program = join(import.meta.dirname, '../bin/rollcall.js');

// The kernel counts a process's time in ticks of 10 ms.
const msPerTick = 10;
const longestRunMs = 20 * 60_000;

/**
 * Starts a program that prints `{"servers":[{"name","url"}]}` when it is ready. Gives its process id, the URL of the
 * server named (or the first), and the way to end it.
 */
export async function startServer(args, {folder, name}) {
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: bareEnvironment(folder),
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  for await (const line of createInterface(child.stdout)) {
    const {servers} = JSON.parse(line);
    const {url} = servers.find((server) => server.name === name) ?? servers[0];
    return {pid: child.pid, url, stop: () => child.kill('SIGTERM')};
  }
  throw new Error(`${args.join(' ')} did not start`);
}

/**
 * Runs a program to its end and measures it from outside: wall time from its start to its exit, CPU time of it and all it
 * waited for, and the kernel's high-water mark of its resident memory. One at a time, or the CPU times mix.
 */
export async function measure({command, args}, {folder}) {
  const cpuBefore = await waitedForCpuMs();
  const startMs = performance.now();
  const child = spawnQuietly({command, args}, folder);
  const peak = watchPeakMemory(child.pid);
  let stderr = '';
  child.stderr.on('data', (chunk) => (stderr = (stderr + chunk).slice(-4000)));
  const closed = once(child, 'close');
  const [exitCode, signal] = await once(child, 'exit');
  const wallMs = performance.now() - startMs;
  const peakMb = peak();
  const cpuMs = (await waitedForCpuMs()) - cpuBefore;
  await closed;
  if (exitCode !== 0) throw new Error(`${command} ended with ${exitCode ?? signal}:\n${stderr}`);
  return {wallMs, cpuMs, peakMb};
}

/** Lets a program run until the signal ends it, whatever it is doing then. One that ends before that is an error. */
export async function runUntil(signal, {command, args}, {folder}) {
  const child = spawnQuietly({command, args}, folder);
  let stderr = '';
  child.stderr.on('data', (chunk) => (stderr = (stderr + chunk).slice(-4000)));
  signal.addEventListener('abort', () => child.kill('SIGKILL'));
  const [exitCode] = await once(child, 'close');
  if (!signal.aborted) throw new Error(`${command} ended too early, with ${exitCode}:\n${stderr}`);
}

/** CPU time of a live process since its start, in milliseconds. */
export async function cpuMs(pid) {
  const [user, system] = (await processTimes(pid)).slice(11);
  return (user + system) * msPerTick;
}

function spawnQuietly({command, args}, folder) {
  return spawn(command, args, {
    cwd: folder,
    env: bareEnvironment(folder),
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: longestRunMs,
    killSignal: 'SIGKILL',
  });
}

/** Nothing of the user's settings, proxies or certificates: they cost start-up time, and not each program the same. */
function bareEnvironment(folder) {
  return {
    PATH: process.env.PATH,
    HOME: folder,
    PROMPTFOO_CONFIG_DIR: join(folder, 'promptfoo'),
    PROMPTFOO_DISABLE_TELEMETRY: '1',
    PROMPTFOO_DISABLE_UPDATE: '1',
    PROMPTFOO_DISABLE_REMOTE_GENERATION: '1',
    PROMPTFOO_DISABLE_ERROR_LOG: '1',
    PROMPTFOO_DISABLE_DEBUG_LOG: '1',
    PROMPTFOO_CACHE_ENABLED: '0',
  };
}

/** CPU time of all children that have ended: what this process has waited for. */
async function waitedForCpuMs() {
  const [user, system] = (await processTimes('self')).slice(13);
  return (user + system) * msPerTick;
}

async function processTimes(pid) {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  return stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
}

/** Reads the high-water mark while the process lives; returns the way to ask for it, in megabytes. */
function watchPeakMemory(pid) {
  let peakKb = 0;
  const timer = setInterval(async () => {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    peakKb = Math.max(peakKb, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
  }, 20);
  return () => {
    clearInterval(timer);
    return peakKb / 1024;
  };
}
