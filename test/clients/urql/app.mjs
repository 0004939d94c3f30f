import { gql } from '@urql/core';
import { check, expiredToken, failure, onlyURL, token, url } from '../common/check.mjs';
import * as documents from '../common/documents.mjs';
import { makeClient } from './client.mjs';
import { automatic, trusted } from './persisted.mjs';

const [SHOP, PRODUCT, PRODUCTS, ME, RENAME] = ['SHOP', 'PRODUCT', 'PRODUCTS', 'ME', 'RENAME'].map((name) => gql(documents[name]));

/** Graphcache says in console.warn what it was not told of the schema. */
console.warn = (...said) => {
  throw new Error(said.join(' '));
};

// #region error
/** The code of an error that the server answered with. */
const codeOf = (error) => error.graphQLErrors[0].extensions.code;
// #endregion

async function ask(client, query, variables) {
  const { data, error } = await client.query(query, variables, { requestPolicy: 'network-only' }).toPromise();
  if (error) throw error;
  return data;
}

const titleOf = async (client, slug, query = PRODUCT) => (await ask(client, query, { slug })).product.title;

// #region paging
/** Pages to the end. next returns the variables of the next page, if there is one. */
async function all(variables, next) {
  const client = makeClient(url);
  // The cache has put the pages together in the answer to each.
  let { products } = await ask(client, PRODUCTS, variables);
  for (let more; (more = next(products.pageInfo)); ) ({ products } = await ask(client, PRODUCTS, more));
  return products.edges.map(({ node }) => node.slug);
}
const forward = (first) => all({ first }, ({ hasNextPage, endCursor }) => hasNextPage && { first, after: endCursor });
const backward = (last) => all({ last }, ({ hasPreviousPage, startCursor }) => hasPreviousPage && { last, before: startCursor });
// #endregion

async function rename(input) {
  const { data, error } = await makeClient(url, { token }).mutation(RENAME, { input }).toPromise();
  if (error) throw error;
  return data.customerUpdate;
}

const unregistered = gql`query Unregistered($slug: String!) { product(by: { slug: $slug }) { id title status } }`;

const sharing = makeClient(url, { persisted: automatic() });

await check('urql', {
  query: async () => (await ask(makeClient(url), SHOP, {})).shop.name,
  variables: (slug) => titleOf(makeClient(url), slug),
  forward,
  backward,
  mutation: async (displayName) => (await rename({ displayName })).customer.displayName,
  'user error': async (expectedVersion) => (await rename({ displayName: 'X', expectedVersion })).userErrors[0],
  'expired token': async () => codeOf(await failure(ask(makeClient(url, { token: expiredToken }), ME, {}))),
  automatic: (slug) => titleOf(sharing, slug),
  trusted: (slug) => titleOf(makeClient(onlyURL, { persisted: trusted() }), slug),
  'unknown hash': async (slug) =>
    codeOf(await failure(titleOf(makeClient(onlyURL, { persisted: automatic() }), slug, unregistered))),
  'text refused': async (slug) => codeOf(await failure(titleOf(makeClient(onlyURL), slug))),
});
