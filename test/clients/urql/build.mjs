import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { formatDocument, gql, stringifyDocument } from '@urql/core';
import { minifyIntrospectionQuery } from '@urql/introspection';
import { buildSchema, introspectionFromSchema } from 'graphql';
import * as documents from '../common/documents.mjs';

mkdirSync('generated', { recursive: true });

// #region schema
// What graphcache has to know of the shop's schema.
const schema = buildSchema(readFileSync('../../../graph/schema.graphql', 'utf8'));
writeFileSync('generated/schema.json', JSON.stringify(minifyIntrospectionQuery(introspectionFromSchema(schema))));
// #endregion

// #region manifest
// The documents in the form in which urql hashes them, for "souk documents push".
const manifest = {};
for (const document of Object.values(documents)) {
  const text = stringifyDocument(formatDocument(gql(document)));
  manifest[`sha256:${createHash('sha256').update(text).digest('hex')}`] = text;
}
writeFileSync('generated/documents.json', JSON.stringify(manifest, null, 2));
// #endregion
