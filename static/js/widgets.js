// The parts of the page around the transcript.

import { startActions } from "./actions.js";
import { startArrival } from "./arrival.js";
import { startArranging } from "./arranging.js";
import { startAttach } from "./attach.js";
import { startComposer } from "./composer.js";
import { startEditor } from "./editor.js";
import { startFold } from "./fold.js";
import { startHeader } from "./header.js";
import { startMenus } from "./menus.js";
import { startModels } from "./models.js";
import { startPagesOfTalk } from "./pages-of-talk.js";
import { startPalette } from "./palette.js";
import { startParts } from "./parts.js";
import { startPlaces } from "./places.js";
import { startPruning } from "./pruning.js";
import { startQueue } from "./queue.js";
import { startReading } from "./reading.js";
import { startReport } from "./report.js";
import { startShortcuts } from "./shortcuts.js";
import { startSidebar } from "./sidebar.js";
import { startTemporary } from "./temporary.js";
import { startTheme } from "./theme.js";
import { startToasts } from "./toasts.js";
import { startVersions } from "./versions.js";
import { startWarnings } from "./warnings.js";

export function startWidgets() {
  startTheme();
  startToasts();
  startMenus();
  startPagesOfTalk();
  startModels();
  startSidebar();
  startArranging();
  startFold();
  startHeader();
  startComposer();
  startAttach();
  startEditor();
  startQueue();
  startParts();
  startPlaces();
  startTemporary();
  startActions();
  startReading();
  startVersions();
  startPruning();
  startReport();
  startWarnings();
  startPalette();
  startShortcuts();
  startArrival();
}
