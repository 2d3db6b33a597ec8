import { App } from "./app.js";
import { buildPanels } from "./panels/panels.js";
import { speak, translate } from "./words.js";

/** Start: words first, so that nothing is seen in two languages; then what the server has. */
async function start() {
  const app = new App();
  document.documentElement.dataset.theme = app.settings.get("theme");
  await speak(new URLSearchParams(location.search).get("lang") ?? app.settings.get("language"));
  translate();
  buildPanels(app);
  document.documentElement.dataset.ready = "true";
  await app.connection.watch();
  app.schemas = await app.api.edits().catch(() => []);
  app.editor.tell("mode");
  await app.session.begin();
}

void start();
