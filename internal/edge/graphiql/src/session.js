// Who is signed in in this browser tab, and the requests that are made in that
// person's name. The tokens are in sessionStorage: each tab has its own, so that
// a customer and a member of staff can be watched side by side, and closing the
// tab forgets them.

const SESSION = 'souk:session';
const CONSISTENCY = 'souk:consistency';
const CONSISTENCY_HEADER = 'Souk-Consistency';

// An access token is renewed this long before it expires, so that it does not
// expire on its way to the server.
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

// Refused is what the server said no to, in its own words. Any other error means
// that the question was not answered.
class Refused extends Error {}

export class Session {
  #url;
  #stored; // { accessToken, accessTokenExpiresAt, refreshToken, who }, or null
  #refreshing = null; // the refresh under way: two at once would look like a stolen token
  #listeners = new Set();
  #snapshot;

  constructor(url) {
    this.#url = url;
    this.#stored = JSON.parse(sessionStorage.getItem(SESSION) ?? 'null');
    this.#snapshot = { who: this.#stored?.who ?? null, busy: false, error: '' };
  }

  // subscribe and snapshot are what React's useSyncExternalStore asks for. A
  // snapshot has `who` ({ name, email, kind, permissions }, or null for nobody),
  // `busy` while somebody is being signed in or out, and `error` in words.
  subscribe = (listener) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  snapshot = () => this.#snapshot;

  // signIn ends the session before, if there is one, once the new one has begun.
  // kind is CUSTOMER or STAFF. The answer is whether it went well.
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

  // signOut forgets the tokens even when the server cannot be told.
  signOut() {
    return this.#alone(async () => {
      await this.#refreshIfDue();
      const before = this.#stored;
      this.#keep(null);
      if (!before) return;
      await this.#ask('sessionRevoke', {}, before.accessToken).catch((e) => {
        if (e instanceof Refused) return; // it has ended already
        throw new Error(`You are signed out here, but the server did not end the session: ${e.message}`);
      });
    });
  }

  // fetch is the browser's, in the name of who is signed in. An Authorization
  // header of the caller's own (GraphiQL's "Headers" editor) is left alone.
  fetch = async (url, init = {}) => {
    if (new Headers(init.headers).has('Authorization')) return this.#send(url, init);
    await this.#refreshIfDue();
    const used = this.#stored?.accessToken;
    const response = await this.#send(url, init, used);
    if (response.status !== 401 || !used) return response;
    // The token is no good any more, whatever its time says: the server's keys
    // may have changed. Nothing was executed, so the request can be sent again.
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
    // What this tab changed, it also sees: the next answer is at least as new.
    const reached = response.headers.get(CONSISTENCY_HEADER);
    if (reached) sessionStorage.setItem(CONSISTENCY, reached);
    return response;
  }

  async #refreshIfDue() {
    if (!this.#stored) return;
    const left = Date.parse(this.#stored.accessTokenExpiresAt) - Date.now();
    if (left > REFRESH_AHEAD_MS) return;
    // Left is 30 s at most. When the refresh fails for now, the old token may do.
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
      if (this.#stored !== before) return; // somebody signed in or out meanwhile
      this.#keep(null);
      this.#show({ error: `You are not signed in any more. ${e.message}` });
    }
  }

  async #whoIs(accessToken) {
    const { customer, staff, permissions } = await this.#ask('viewer', {}, accessToken);
    const person = staff ?? customer;
    if (!person) throw new Error('The server began a session and does not say whose it is.');
    return { name: person.displayName, email: person.email, kind: staff ? 'STAFF' : 'CUSTOMER', permissions };
  }

  // ask returns what the named field answers, or throws with words for a person.
  async #ask(field, variables, accessToken) {
    const response = await this.#send(this.#url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ query: documents[field], variables }),
    }, accessToken);
    const answer = await response.json().catch(() => {
      throw new Error(`The server answered with status ${response.status} and no JSON.`);
    });
    const result = answer.data?.[field];
    const errors = [...(answer.errors ?? []), ...(result?.userErrors ?? [])];
    if (errors.length > 0) {
      const refused = result || errors.some((e) => e.extensions?.code === 'UNAUTHENTICATED');
      throw new (refused ? Refused : Error)(errors.map((e) => e.message).join(' '));
    }
    if (!result) throw new Error(`The server answered with status ${response.status} and no data.`);
    return result;
  }

  // alone runs one sign-in or sign-out at a time, so that a second click is no
  // second one, and returns whether it went well.
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
