// #region client
import relay from 'relay-runtime';

const { Environment, Network, RecordSource, Store } = relay;

/** The environment of a shop at url, such as https://shop.example/graphql. */
export function makeEnvironment(url, { token } = {}) {
  async function request({ id, text, name }, variables) {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json;q=0.9',
        'apollographql-client-name': 'web',
        ...(token && { authorization: `Bearer ${token}` }),
      },
      // With persistConfig the compiler leaves out the text, and the ID stands for it.
      body: JSON.stringify({ ...(id ? { documentId: id } : { query: text }), operationName: name, variables }),
    });
    return response.json();
  }
  return new Environment({ network: Network.create(request), store: new Store(new RecordSource()) });
}
// #endregion
