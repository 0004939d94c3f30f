// #region client
import { Client, CombinedError, fetchExchange, type AnyVariables, type Exchange, type TypedDocumentNode } from '@urql/core';
import { persistedExchange } from '@urql/exchange-persisted';
import type { TadaPersistedDocumentNode } from 'gql.tada';

/** Sends the ID of a document in place of its text. */
export const byID = () =>
  persistedExchange({
    enforcePersistedQueries: true,
    enableForMutation: true,
    generateHash: async (_, document) => (document as TadaPersistedDocumentNode).documentId,
  });

/** The client of a shop at url, such as https://shop.example/graphql. */
export const makeClient = (url: string, token?: string, ...exchanges: Exchange[]) =>
  new Client({
    url,
    exchanges: [...exchanges, fetchExchange],
    fetchOptions: { headers: token ? { authorization: `Bearer ${token}` } : {} },
  });

/** The code of an error that the server answered with. */
export const codeOf = (error: CombinedError) => error.graphQLErrors[0]?.extensions.code;
// #endregion

import type { ResultOf, VariablesOf } from 'gql.tada';
import { PRODUCTS, RENAME } from './documents.js';

export async function ask<Data, Variables extends AnyVariables>(
  client: Client,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Promise<Data> {
  const { data, error } = await client.query(document, variables).toPromise();
  if (error) throw error;
  return data as Data;
}

type Page = ResultOf<typeof PRODUCTS>['products'];

async function page(url: string, variables: VariablesOf<typeof PRODUCTS>): Promise<Page> {
  return (await ask(makeClient(url), PRODUCTS, variables)).products;
}

/** Pages to the end, forward with first and backward with last. */
export async function all(url: string, size: { first: number } | { last: number }): Promise<string[]> {
  const slugs: string[] = [];
  let from: { after?: string | null; before?: string | null } | undefined = {};
  while (from) {
    const { edges, pageInfo }: Page = await page(url, { ...size, ...from });
    const came = edges.map(({ node }) => node.slug);
    if ('first' in size) {
      slugs.push(...came);
      from = pageInfo.hasNextPage ? { after: pageInfo.endCursor } : undefined;
    } else {
      slugs.unshift(...came);
      from = pageInfo.hasPreviousPage ? { before: pageInfo.startCursor } : undefined;
    }
  }
  return slugs;
}

// #region user error
/** Renames the customer who is signed in. The compiler knows which fields a VersionConflict has. */
export async function rename(url: string, token: string, input: VariablesOf<typeof RENAME>['input']) {
  const { data, error } = await makeClient(url, token).mutation(RENAME, { input }).toPromise();
  if (!data) throw error;
  const { customer, userErrors } = data.customerUpdate;
  const [refusal] = userErrors;
  if (refusal?.__typename === 'VersionConflict') {
    const { __typename, code, currentVersion } = refusal;
    return { error: { __typename, code, currentVersion } };
  }
  return { name: customer?.displayName };
}
// #endregion
