import { createRequire } from 'node:module';
import relay from 'relay-runtime';
import { check, expiredToken, failure, onlyURL, token, url } from '../common/check.mjs';
import { makeEnvironment } from './client.mjs';

const { commitMutation, createOperationDescriptor, fetchQuery, getRequest, getSelector } = relay;
const require = createRequire(import.meta.url);
const texts = require('./generated/text/documents.js');
const persisted = require('./generated/persisted/documents.js');

// #region error
/** The code of an error that the server answered with. */
const codeOf = (error) => error.source.errors[0].extensions.code;
// #endregion

const ask = (environment, query, variables) => fetchQuery(environment, query, variables).toPromise();

const titleOf = async (environment, query, slug) => (await ask(environment, query, { slug })).product.title;

/** What usePaginationFragment does: next returns the variables of the next page, if there is one. */
async function all(variables, next) {
  const environment = makeEnvironment(url);
  environment.retain(createOperationDescriptor(getRequest(texts.PRODUCTS), variables));
  const selector = getSelector(texts.PRODUCTS_FRAGMENT, await ask(environment, texts.PRODUCTS, variables));
  const shown = () => environment.lookup(selector).data.products;
  const page = texts.PRODUCTS_FRAGMENT.metadata.refetch.operation;
  for (let more; (more = next(shown().pageInfo)); ) await ask(environment, page, more);
  return shown().edges.map(({ node }) => node.slug);
}

const rename = (input) =>
  new Promise((resolve, reject) => {
    commitMutation(makeEnvironment(url, { token }), {
      mutation: texts.RENAME,
      variables: { input },
      onCompleted: (data) => resolve(data.customerUpdate),
      onError: reject,
    });
  });

await check('Relay', {
  query: async () => (await ask(makeEnvironment(url), texts.SHOP, {})).shop.name,
  variables: (slug) => titleOf(makeEnvironment(url), texts.PRODUCT, slug),
  forward: (first) => all({ first }, ({ hasNextPage, endCursor }) => hasNextPage && { first, after: endCursor }),
  backward: (last) => all({ last }, ({ hasPreviousPage, startCursor }) => hasPreviousPage && { last, before: startCursor }),
  mutation: async (displayName) => (await rename({ displayName })).customer.displayName,
  'user error': async (expectedVersion) => (await rename({ displayName: 'X', expectedVersion })).userErrors[0],
  'expired token': async () => codeOf(await failure(ask(makeEnvironment(url, { token: expiredToken }), texts.ME, {}))),
  trusted: (slug) => titleOf(makeEnvironment(onlyURL), persisted.PRODUCT, slug),
  'text refused': async (slug) => codeOf(await failure(titleOf(makeEnvironment(onlyURL), texts.PRODUCT, slug))),
});
