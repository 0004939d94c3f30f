// Bundles GraphiQL into dist/, so that Souk serves all of it and a browser asks
// nobody else: one script, one stylesheet and Monaco's three workers.
//
// Each file has its content's hash in its name and is kept compressed only
// (.br and .gz): browsers take one of the two, and the raw bytes would add 7 MB
// to the binary. manifest.json is renamed into place last, so a server that
// looks at dist/ during a build sees the old bundle or the new one.
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { build } from 'esbuild';

const root = path.dirname(fileURLToPath(import.meta.url));
const dist = path.join(root, 'dist');
const assetBase = '/graphiql/assets/';

const common = {
  absWorkingDir: root,
  bundle: true,
  write: false,
  outdir: dist,
  entryNames: '[name]-[hash]',
  assetNames: '[name]-[hash]',
  publicPath: assetBase,
  format: 'iife',
  target: 'es2022',
  minify: true,
  legalComments: 'none',
  loader: { '.ttf': 'file', '.woff': 'file', '.woff2': 'file' },
  define: { 'process.env.NODE_ENV': '"production"' },
  logLevel: 'warning',
};

const workers = await build({
  ...common,
  entryPoints: {
    'editor.worker': 'monaco-editor/esm/vs/editor/editor.worker.js',
    'json.worker': 'monaco-editor/esm/vs/language/json/json.worker.js',
    'graphql.worker': 'monaco-graphql/esm/graphql.worker.js',
  },
});
const workerURL = (name) => {
  const file = workers.outputFiles.find((f) => path.basename(f.path).startsWith(`${name}.worker-`));
  return JSON.stringify(assetBase + path.basename(file.path));
};

const main = await build({
  ...common,
  entryPoints: { graphiql: 'src/main.jsx' },
  jsx: 'automatic',
  define: {
    ...common.define,
    EDITOR_WORKER_URL: workerURL('editor'),
    JSON_WORKER_URL: workerURL('json'),
    GRAPHQL_WORKER_URL: workerURL('graphql'),
  },
});

const files = [...workers.outputFiles, ...main.outputFiles];
await mkdir(dist, { recursive: true });
await Promise.all(files.map(writeCompressed));

const named = (ext) => path.basename(main.outputFiles.find((f) => f.path.endsWith(ext)).path);
const manifest = {
  // The Go side compares this with its own sum to know whether dist/ is current.
  sources: await hashSources(),
  script: named('.js'),
  style: named('.css'),
};
const temporary = path.join(dist, `.manifest-${process.pid}`);
await writeFile(temporary, `${JSON.stringify(manifest, null, 2)}\n`);
await rename(temporary, path.join(dist, 'manifest.json'));
await removeStale(new Set(files.map((f) => path.basename(f.path))));

const megabytes = (n) => (n / 1e6).toFixed(1);
const raw = files.reduce((sum, f) => sum + f.contents.length, 0);
console.log(`GraphiQL: ${files.length} files, ${megabytes(raw)} MB before compression`);

async function writeCompressed(file) {
  const [br, gz] = await Promise.all([
    // Quality 9 takes a second; 11 takes half a minute and saves a tenth.
    promisify(zlib.brotliCompress)(file.contents, {
      params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 9 },
    }),
    promisify(zlib.gzip)(file.contents, { level: 9 }),
  ]);
  await writeFile(`${file.path}.br`, br);
  await writeFile(`${file.path}.gz`, gz);
}

// hashSources must agree with sourceHash in build.go.
async function hashSources() {
  const sources = (await readdir(path.join(root, 'src'))).map((name) => `src/${name}`);
  sources.push('build.mjs', 'package-lock.json', 'package.json');
  const sum = createHash('sha256');
  for (const name of sources.sort()) {
    sum.update(`${name}\0`).update(await readFile(path.join(root, name))).update('\0');
  }
  return sum.digest('hex');
}

async function removeStale(current) {
  for (const name of await readdir(dist)) {
    const keep = name === '.gitkeep' || name === 'manifest.json' || current.has(name.replace(/\.(br|gz)$/, ''));
    if (!keep) await rm(path.join(dist, name));
  }
}
