// The account that is signed in in this browser tab, and its requests. The tokens
// are in sessionStorage: each tab has its own, so that you can use a customer and
// a staff member side by side, and closing the tab deletes them.

const SESSION = 'souk:session';
const CONSISTENCY = 'souk:consistency';
const CONSISTENCY_HEADER = 'Souk-Consistency';

// An access token is renewed this long before it expires, so that it does not
// expire before it reaches the server.
const REFRESH_AHEAD_MS = 30_000;

const tokens = 'session { accessToken accessTokenExpiresAt refreshToken } userErrors { message }';
const documents = {
  sessionCreate: `mutation SignIn($input: SessionCreateInput!) { sessionCreate(input: $input) { ${tokens} } }`,
  sessionRefresh: `mutation StaySignedIn($input: SessionRefreshInput!) { sessionRefresh(input: $input) { ${tokens} } }`,
  sessionRevoke: 'mutation SignOut { sessionRevoke(input: {}) { userErrors { message } } }',
  viewer: `query WhoAmI {
    viewer { customer { displayName email } staff { displayName email } permissions }
  }`,
};

// Refused is a refusal by the server, with its message. Any other error means
// that there was no valid response.
class Refused extends Error {}

export class Session {
  #url;
  #stored; // { accessToken, accessTokenExpiresAt, refreshToken, who }, or null
  #refreshing = null; // the running refresh: two at once would look like a stolen token
  #listeners = new Set();
  #snapshot;

  constructor(url) {
    this.#url = url;
    this.#stored = JSON.parse(sessionStorage.getItem(SESSION) ?? 'null');
    this.#snapshot = { who: this.#stored?.who ?? null, busy: false, error: '' };
  }

  // subscribe and snapshot are for React's useSyncExternalStore. A snapshot has
  // `who` ({ name, email, kind, permissions }, or null), `busy` while a sign-in or
  // sign-out is running, and `error`, a message.
  subscribe = (listener) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  snapshot = () => this.#snapshot;

  // signIn starts a session and then ends the previous one, if there is one. kind
  // is CUSTOMER or STAFF. It returns whether it succeeded.
  signIn(email, password, kind) {
    return this.#alone(async () => {
      const before = this.#stored;
      const begun = await this.#ask('sessionCreate', { input: { email, password, accountKind: kind } });
      const who = await this.#whoIs(begun.session.accessToken);
      this.#keep({ ...begun.session, who });
      // A session that cannot be revoked expires by itself.
      if (before) await this.#ask('sessionRevoke', {}, before.accessToken).catch(() => {});
    });
  }

  // signOut deletes the tokens even when the server cannot be reached.
  signOut() {
    return this.#alone(async () => {
      await this.#refreshIfDue();
      const before = this.#stored;
      this.#keep(null);
      if (!before) return;
      await this.#ask('sessionRevoke', {}, before.accessToken).catch((e) => {
        if (e instanceof Refused) return; // it has already ended
        throw new Error(`You are signed out here, but the server did not end the session: ${e.message}`);
      });
    });
  }

  // fetch is the browser's fetch with the access token. It does not replace an
  // Authorization header of the caller (GraphiQL's "Headers" editor).
  fetch = async (url, init = {}) => {
    if (new Headers(init.headers).has('Authorization')) return this.#send(url, init);
    await this.#refreshIfDue();
    const used = this.#stored?.accessToken;
    const response = await this.#send(url, init, used);
    if (response.status !== 401 || !used) return response;
    // The token is not valid any more, although it has not expired: the server's
    // keys may have changed. Nothing was executed, so send the request again.
    if (this.#stored?.accessToken === used) await this.#refresh();
    return this.#send(url, init, this.#stored?.accessToken);
  };

  async #send(url, init, accessToken) {
    const headers = new Headers(init.headers);
    if (accessToken) headers.set('Authorization', `Bearer ${accessToken}`);
    const seen = sessionStorage.getItem(CONSISTENCY);
    if (seen && !headers.has(CONSISTENCY_HEADER)) headers.set(CONSISTENCY_HEADER, seen);
    const response = await fetch(url, { ...init, headers }).catch(() => {
      throw new Error('The server cannot be reached.');
    });
    // The tab must see its own changes: the next response is at least as new.
    const reached = response.headers.get(CONSISTENCY_HEADER);
    if (reached) sessionStorage.setItem(CONSISTENCY, reached);
    return response;
  }

  async #refreshIfDue() {
    if (!this.#stored) return;
    const left = Date.parse(this.#stored.accessTokenExpiresAt) - Date.now();
    if (left > REFRESH_AHEAD_MS) return;
    // At most 30 s are left. If the refresh fails, the old token may still work.
    await this.#refresh().catch(() => {});
  }

  #refresh() {
    this.#refreshing ??= this.#replaceTokens().finally(() => { this.#refreshing = null; });
    return this.#refreshing;
  }

  async #replaceTokens() {
    const before = this.#stored;
    if (!before) return;
    try {
      const { session } = await this.#ask('sessionRefresh', { input: { refreshToken: before.refreshToken } });
      if (this.#stored === before) this.#keep({ ...session, who: before.who });
    } catch (e) {
      if (!(e instanceof Refused)) throw e;
      if (this.#stored !== before) return; // signed in or out meanwhile
      this.#keep(null);
      this.#show({ error: `You are no longer signed in. ${e.message}` });
    }
  }

  async #whoIs(accessToken) {
    const { customer, staff, permissions } = await this.#ask('viewer', {}, accessToken);
    const person = staff ?? customer;
    if (!person) throw new Error('The server started a session without an account.');
    return { name: person.displayName, email: person.email, kind: staff ? 'STAFF' : 'CUSTOMER', permissions };
  }

  // ask returns the result of the named field, or throws an error with a message.
  async #ask(field, variables, accessToken) {
    const response = await this.#send(this.#url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ query: documents[field], variables }),
    }, accessToken);
    const answer = await response.json().catch(() => {
      throw new Error(`The server responded with status ${response.status} and no JSON.`);
    });
    const result = answer.data?.[field];
    const errors = [...(answer.errors ?? []), ...(result?.userErrors ?? [])];
    if (errors.length > 0) {
      const refused = result || errors.some((e) => e.extensions?.code === 'UNAUTHENTICATED');
      throw new (refused ? Refused : Error)(errors.map((e) => e.message).join(' '));
    }
    if (!result) throw new Error(`The server responded with status ${response.status} and no data.`);
    return result;
  }

  // alone runs one sign-in or sign-out at a time and ignores a second click. It
  // returns whether it succeeded.
  async #alone(work) {
    if (this.#snapshot.busy) return false;
    this.#show({ busy: true, error: '' });
    let error = '';
    try {
      await work();
    } catch (e) {
      error = e.message;
    }
    this.#show({ busy: false, error });
    return error === '';
  }

  #keep(stored) {
    this.#stored = stored;
    if (stored) sessionStorage.setItem(SESSION, JSON.stringify(stored));
    else sessionStorage.removeItem(SESSION);
    this.#show({ who: stored?.who ?? null });
  }

  #show(change) {
    this.#snapshot = { ...this.#snapshot, ...change };
    for (const listener of this.#listeners) listener();
  }
}
