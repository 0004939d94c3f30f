// togglePane clicks GraphiQL's own button. The action setVisiblePlugin does not
// unfold a folded pane: only the sidebar knows its width.
export function togglePane(title) {
  document.querySelector(`.graphiql-sidebar button[aria-label$="${title}"]`)?.click();
}
