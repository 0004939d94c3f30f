// #region client
import type { TypedDocumentString } from '../generated/gql/graphql.js';

/** Fails with the code of an error that the server answered with. */
export class RequestError extends Error {
  constructor(message: string, readonly code: string) {
    super(message);
  }
}

/** Runs a document. With byID it sends the hash that the preset made, and not the text. */
export async function execute<Data, Variables>(
  url: string,
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
  { token, byID = false }: { token?: string; byID?: boolean } = {},
): Promise<Data> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ ...(byID ? { documentId: document.__meta__?.hash } : { query: document.toString() }), variables }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new RequestError(errors[0].message, errors[0].extensions.code);
  return data;
}
// #endregion
