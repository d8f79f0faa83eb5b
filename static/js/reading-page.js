// Pages on which answers are only read: shared, printed, opened as a document.

import { startReading } from "./reading.js";

startReading();
