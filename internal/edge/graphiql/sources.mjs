// The version of the bundle: a hash of everything that determines it. The server
// computes the same one (sourceHash in bundle.go).
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const self = fileURLToPath(import.meta.url);
export const root = path.dirname(self);

export async function hashSources() {
  const names = (await readdir(root)).filter((name) => name.endsWith('.mjs'));
  names.push('package-lock.json', 'package.json');
  for (const name of await readdir(path.join(root, 'src'))) names.push(`src/${name}`);
  const sum = createHash('sha256');
  for (const name of names.sort()) {
    sum.update(`${name}\0`).update(await readFile(path.join(root, name))).update('\0');
  }
  return sum.digest('hex');
}

if (process.argv[1] === self) console.log(await hashSources());
