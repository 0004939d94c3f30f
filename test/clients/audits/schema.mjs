// Reads the schema as a code generator does: from its file, and from a server by introspection,
// and fails unless both are the same schema.
//
//   node schema.mjs http://127.0.0.1:8080
import assert from 'node:assert/strict';
import { buildClientSchema, buildSchema, getIntrospectionQuery, lexicographicSortSchema, printSchema, validateSchema } from 'graphql';

const [base] = process.argv.slice(2);
if (!base) throw new Error('usage: node schema.mjs http://127.0.0.1:PORT');

const file = buildSchema(await (await fetch(`${base}/schema.graphql`)).text());
assert.deepEqual(validateSchema(file), []);

const response = await fetch(`${base}/graphql`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ query: getIntrospectionQuery({ specifiedByUrl: true, directiveIsRepeatable: true, inputValueDeprecation: true, oneOf: true }) }),
});
const { data, errors } = await response.json();
assert.equal(errors, undefined);
const served = buildClientSchema(data);

const text = (schema) => printSchema(lexicographicSortSchema(schema));
assert.equal(text(served), text(file));
console.log(`${Object.keys(file.getTypeMap()).length} types are the same`);
