import { CombinedGraphQLErrors, gql } from '@apollo/client';
import { check, expiredToken, failure, onlyURL, token, url } from '../common/check.mjs';
import { makeClient } from './client.mjs';
import { ME, PRODUCT, PRODUCTS, RENAME, SHOP } from './documents.mjs';
import { automatic, trusted } from './persisted.mjs';

// #region error
/** The code of an error that the server answered with: of the request, or of its first field. */
const codeOf = (error) => (CombinedGraphQLErrors.is(error) ? error.errors[0].extensions.code : undefined);
// #endregion

async function titleOf(client, slug, query = PRODUCT) {
  const { data } = await client.query({ query, variables: { slug }, fetchPolicy: 'network-only' });
  return data.product.title;
}

// #region paging
/** Pages to the end. next returns the variables of the page after the one that came, if there is one. */
async function all(variables, next) {
  const client = makeClient(url);
  const list = client.watchQuery({ query: PRODUCTS, variables });
  let { data } = await new Promise((resolve) => list.subscribe((result) => result.loading || resolve(result)));
  for (let more; (more = next(data.products.pageInfo)); ) ({ data } = await list.fetchMore({ variables: more }));
  // The cache has put the pages together.
  return client.readQuery({ query: PRODUCTS, variables }).products.edges.map(({ node }) => node.slug);
}
const forward = (first) => all({ first }, ({ hasNextPage, endCursor }) => hasNextPage && { first, after: endCursor });
const backward = (last) => all({ last }, ({ hasPreviousPage, startCursor }) => hasPreviousPage && { last, before: startCursor });
// #endregion

async function rename(input) {
  const { data } = await makeClient(url, { token }).mutate({ mutation: RENAME, variables: { input } });
  return data.customerUpdate;
}

const unregistered = gql`query Unregistered($slug: String!) { product(by: { slug: $slug }) { id title status } }`;

const sharing = makeClient(url, { persisted: automatic() });

await check('Apollo Client 4', {
  query: async () => (await makeClient(url).query({ query: SHOP })).data.shop.name,
  variables: (slug) => titleOf(makeClient(url), slug),
  forward,
  backward,
  mutation: async (displayName) => (await rename({ displayName })).customer.displayName,
  'user error': async (expectedVersion) => (await rename({ displayName: 'X', expectedVersion })).userErrors[0],
  'expired token': async () => codeOf(await failure(makeClient(url, { token: expiredToken }).query({ query: ME }))),
  automatic: (slug) => titleOf(sharing, slug),
  trusted: (slug) => titleOf(makeClient(onlyURL, { persisted: trusted() }), slug),
  'unknown hash': async (slug) =>
    codeOf(await failure(titleOf(makeClient(onlyURL, { persisted: automatic() }), slug, unregistered))),
  'text refused': async (slug) => codeOf(await failure(titleOf(makeClient(onlyURL), slug))),
});
