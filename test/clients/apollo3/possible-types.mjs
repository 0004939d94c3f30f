// Writes which types an interface or a union has, from the schema of the shop.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { buildSchema, isAbstractType } from 'graphql';

const schema = buildSchema(readFileSync('../../../graph/schema.graphql', 'utf8'));
const possibleTypes = {};
for (const type of Object.values(schema.getTypeMap())) {
  if (isAbstractType(type)) possibleTypes[type.name] = schema.getPossibleTypes(type).map(({ name }) => name);
}
mkdirSync('generated', { recursive: true });
writeFileSync('generated/possible-types.json', JSON.stringify(possibleTypes, null, 2));
