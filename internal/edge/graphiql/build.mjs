// Bundles GraphiQL into a folder, so that Souk serves all of it and a browser
// asks nobody else: one script, one stylesheet and Monaco's three workers.
//
//   node build.mjs [FOLDER]     the default is bin/graphiql, beside bin/souk
//
// Each file has its content's hash in its name and is kept compressed only (.br
// and .gz): browsers take one of the two. manifest.json is renamed into place
// last, so a server that looks during a build sees the old bundle or the new one.
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { build } from 'esbuild';
import { hashSources, root } from './sources.mjs';

const dist = path.resolve(process.argv[2] ?? path.join(root, '../../../bin/graphiql'));
const assetBase = '/graphiql/assets/';

// Before the build: a source that changes during it makes the bundle stale.
const sources = await hashSources();

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
const manifestFile = path.join(dist, 'manifest.json');
await mkdir(dist, { recursive: true });
const before = await filesOfLastBuild();
await Promise.all(files.map(writeCompressed));

const named = (ext) => path.basename(main.outputFiles.find((f) => f.path.endsWith(ext)).path);
const manifest = {
  // The server compares this with its own hash.
  sources,
  script: named('.js'),
  style: named('.css'),
  files: files.map((f) => path.basename(f.path)),
};
const temporary = path.join(dist, `.manifest-${process.pid}`);
await writeFile(temporary, `${JSON.stringify(manifest, null, 2)}\n`);
await rename(temporary, manifestFile);
await removeStale();

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

async function filesOfLastBuild() {
  try {
    return JSON.parse(await readFile(manifestFile, 'utf8')).files ?? [];
  } catch {
    return []; // there is none, or it is damaged
  }
}

// removeStale removes what the last build wrote and this one did not. It leaves
// everything else alone: the folder may be anybody's.
async function removeStale() {
  for (const name of before) {
    if (manifest.files.includes(name) || name !== path.basename(name)) continue;
    for (const coding of ['br', 'gz']) await rm(path.join(dist, `${name}.${coding}`), { force: true });
  }
}
