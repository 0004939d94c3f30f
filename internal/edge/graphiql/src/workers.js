// Monaco asks for its workers through this global. GraphiQL's own ready-made
// set-ups are for Vite, for Webpack, or load from a CDN; these three are ours.
const urls = { json: JSON_WORKER_URL, graphql: GRAPHQL_WORKER_URL };

globalThis.MonacoEnvironment = {
  getWorker: (_id, label) => new Worker(urls[label] ?? EDITOR_WORKER_URL, { name: label }),
};
