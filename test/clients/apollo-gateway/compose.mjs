// #region compose
// Makes a supergraph of the shop's schema. Other services stand beside it in the list.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';

// Composition 2.14 knows all of GraphQL's own directives but this one.
const oneOf = 'directive @oneOf on INPUT_OBJECT\n';
const typeDefs = parse(oneOf + readFileSync('../../../graph/schema.graphql', 'utf8'));
const { supergraphSdl, errors } = composeServices([{ name: 'shop', url: 'https://shop.example/graphql', typeDefs }]);
if (errors) throw new AggregateError(errors, errors.map(({ message }) => message).join('\n'));
mkdirSync('generated', { recursive: true });
writeFileSync('generated/supergraph.graphql', supergraphSdl);
// #endregion
