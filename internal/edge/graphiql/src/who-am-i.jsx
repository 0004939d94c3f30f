import { Button, useGraphiQL } from '@graphiql/react';
import { createContext, useContext, useEffect, useId, useSyncExternalStore } from 'react';
import { togglePane } from './toggle-pane.js';
import './who-am-i.css';

// SignIn passes { session, demoAccounts } to the components below, which GraphiQL
// renders without properties.
export const SignIn = createContext(null);

const TITLE = 'Who am I';
const KINDS = { CUSTOMER: 'customer', STAFF: 'staff' };

export const WHO_AM_I_PLUGIN = { title: TITLE, icon: PersonIcon, content: Pane };

function useSession() {
  const { session, demoAccounts } = useContext(SignIn);
  return { session, demoAccounts, ...useSyncExternalStore(session.subscribe, session.snapshot) };
}

// Header is beside the logo, so it is visible with any pane.
export function Header() {
  const { who, error } = useSession();
  const open = useGraphiQL((state) => state.visiblePlugin?.title === TITLE);
  // The pane shows the error message of a click here.
  useEffect(() => {
    if (error && !open) togglePane(TITLE);
  }, [error]);
  return (
    <div className="souk-header">
      {!who && <DemoButtons />}
      <button
        type="button"
        className="graphiql-un-styled souk-who"
        title={who ? `${who.email}, ${KINDS[who.kind]}` : 'Not signed in'}
        aria-expanded={open}
        onClick={() => togglePane(TITLE)}
      >
        <PersonIcon />
        <span className="souk-name">{who ? who.name : 'Sign in'}</span>
      </button>
      {who && <SignOutButton />}
    </div>
  );
}

function Pane() {
  const { who, error, busy, demoAccounts } = useSession();
  return (
    <section className="souk-pane" aria-label={TITLE} aria-busy={busy}>
      <h2 className="souk-title">{TITLE}</h2>
      <div role="status">{who ? <Person who={who} /> : <p>You are not signed in. Requests are anonymous, like those of a visitor.</p>}</div>
      {error && <p role="alert" className="souk-error">{error}</p>}
      {who && <div className="souk-buttons"><SignOutButton /></div>}
      {demoAccounts.length > 0 && (
        <>
          <h3>{who ? 'Switch account' : 'Sign in with a demo account'}</h3>
          <div className="souk-buttons"><DemoButtons /></div>
        </>
      )}
      <h3>Another account</h3>
      {/* A new form for each account, so that refused values do not stay in it. */}
      <SignInForm key={who?.email} />
      <p className="souk-hint">
        Each request then carries the account’s access token. Only this browser tab has it: another tab can use another account.
      </p>
    </section>
  );
}

function Person({ who }) {
  return (
    <>
      <p className="souk-person">{who.name}</p>
      <p>{who.email} · {KINDS[who.kind]}</p>
      {who.kind === 'STAFF' && (
        <>
          <h3>Permissions</h3>
          <ul className="souk-permissions">{who.permissions.map((p) => <li key={p}>{p}</li>)}</ul>
          {who.permissions.length === 0 && <p>None.</p>}
        </>
      )}
    </>
  );
}

// Buttons stay enabled during a sign-in: a disabled button would lose the
// keyboard focus. The session ignores a second click.

function DemoButtons() {
  const { session, demoAccounts, who } = useSession();
  return demoAccounts
    .filter(({ email }) => email !== who?.email)
    .map(({ label, email, password, kind }) => (
      <Button key={email} type="button" title={`Sign in as ${email}`} onClick={() => session.signIn(email, password, kind)}>{label}</Button>
    ));
}

function SignOutButton() {
  const { session } = useSession();
  return <Button type="button" onClick={() => session.signOut()}>Sign out</Button>;
}

function SignInForm() {
  const { session } = useSession();
  const id = useId();
  const submit = async (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    const { email, password, kind } = Object.fromEntries(new FormData(form));
    if (await session.signIn(email, password, kind)) form.reset();
  };
  return (
    <form className="souk-form" onSubmit={submit}>
      <label htmlFor={`${id}e`}>E-mail</label>
      <input id={`${id}e`} name="email" type="email" autoComplete="username" required />
      <label htmlFor={`${id}p`}>Password</label>
      <input id={`${id}p`} name="password" type="password" autoComplete="current-password" required />
      <fieldset>
        <legend>Account</legend>
        <label><input type="radio" name="kind" value="CUSTOMER" defaultChecked /> Customer</label>
        <label><input type="radio" name="kind" value="STAFF" /> Staff</label>
      </fieldset>
      <Button type="submit">Sign in</Button>
    </form>
  );
}

// PersonIcon is filled while an account is signed in.
function PersonIcon() {
  const { who } = useSession();
  return (
    <svg viewBox="0 0 20 20" width="1em" height="1em" fill={who ? 'currentColor' : 'none'} stroke="currentColor" strokeWidth="1.5" aria-hidden="true">
      <circle cx="10" cy="6" r="3.5" />
      <path d="M3 17.5c0-3.5 3-5.5 7-5.5s7 2 7 5.5z" strokeLinejoin="round" />
    </svg>
  );
}
