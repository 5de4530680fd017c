import {readdirSync, readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join} from 'node:path';
import {defineConfig} from 'rolldown';

const {resolve} = createRequire(import.meta.url);

/**
 * Of undici only the pool: the rest (fetch, caches, web sockets) would be loaded with it, and wakes the copy that Node has of
 * its own, whose WebAssembly is compiled in the background before a process can end.
 */
const leanUndici = {
  name: 'lean-undici',
  resolveId: (id) => (id === 'undici' ? '\0undici' : undefined),
  load: (id) =>
    id === '\0undici'
      ? `export {default as Pool} from ${JSON.stringify(resolve('undici/lib/dispatcher/pool.js'))};
         export {default as errors} from ${JSON.stringify(resolve('undici/lib/core/errors.js'))};`
      : undefined,
};

/** Commander starts programs for subcommands that are such; none of ours is, and loading what that needs takes time. */
const leanCommander = {
  name: 'lean-commander',
  transform(code, id) {
    const loaded = "require('node:child_process')";
    if (!id.endsWith('/commander/lib/command.js')) return undefined;
    if (!code.includes(loaded)) throw new Error('commander loads node:child_process in another way');
    return code.replace(loaded, `{spawn: (...args) => ${loaded}.spawn(...args)}`);
  },
};

/** HTTP/2 is off: a module of Node that no connection uses need not be loaded. */
const withoutHttp2 = {
  name: 'without-http2',
  transform(code, id) {
    const loaded = "http2 = require('node:http2')";
    if (!id.endsWith('/undici/lib/dispatcher/client-h2.js')) return undefined;
    if (!code.includes(loaded)) throw new Error('undici loads node:http2 in another way');
    return code.replace(loaded, 'http2 = {constants: {}}');
  },
};

/** Packages that are bundled bring their licences along. */
const licences = {
  name: 'licences',
  generateBundle(_, bundle) {
    const modules = Object.values(bundle).flatMap(({moduleIds = []}) => moduleIds);
    const folders = modules.map((id) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0]);
    const texts = [...new Set(folders)].filter(Boolean).toSorted().map(licenceOf);
    this.emitFile({type: 'asset', fileName: 'LICENCES.txt', source: texts.join('\n\n')});
  },
};

function licenceOf(folder) {
  const {name, version, license} = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8');
  return `${name} ${version} (${license})\n\n${text}`;
}

const output = {
  dir: 'dist/program',
  // Loading CommonJS takes less time than ES modules, and V8 can be handed what it compiled of it before.
  format: 'cjs',
  // Code that is loaded compiled may not import.
  dynamicImportInCjs: false,
  entryFileNames: '[name].cjs',
  chunkFileNames: '[name]-[hash].cjs',
  // White space and comments take time to read; names stay, for the stack of a bug.
  minify: {compress: false, mangle: false, codegen: {removeWhitespace: true}},
  comments: {legal: true, annotation: false, jsdoc: false},
};

/** A file of its own that loads the program. */
const loader = (name) => ({input: {[name]: `dist/cli/${name}.js`}, platform: 'node', output});

// The program in few files, from what tsc has written: loading hundreds of modules takes longer than most commands.
const program = {
  input: {rollcall: 'dist/cli/main.js'},
  platform: 'node',
  // Large, and loaded only where a configuration asks for it.
  external: [/^node:/, /^@azure\//],
  plugins: [leanUndici, leanCommander, withoutHttp2, licences],
  // A dependency takes its own path for a seed.
  transform: {define: {__filename: '"rollcall"'}},
  output: {...output, cleanDir: true},
};

/** The style of a report's page, beside its script. */
const pageStyle = {
  name: 'page-style',
  generateBundle() {
    const source = readFileSync('src/report/page/page.css', 'utf8');
    this.emitFile({type: 'asset', fileName: 'report-page.css', source});
  },
};

// What runs in a browser, inside a report's page: as it is written, for those who look into the page.
const page = {
  input: {'report-page': 'src/report/page/main.ts'},
  platform: 'browser',
  plugins: [pageStyle],
  output: {dir: 'dist/program', format: 'iife', entryFileNames: '[name].js'},
};

export default defineConfig([program, loader('start'), loader('keep-compiled'), page]);
