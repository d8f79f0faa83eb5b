// Starts the page. Each module owns one thing and tells the others over the bus.

import { startConnection } from "./connection.js";
import { startNavigation } from "./navigation.js";
import { startOutbox } from "./outbox.js";
import { startRefresh } from "./refresh.js";
import { startRoom } from "./room.js";
import { startScroll } from "./scroll.js";
import { startSending } from "./sending.js";
import { connect } from "./socket.js";
import { startTranscript } from "./transcript.js";
import { startWidgets } from "./widgets.js";

const config = JSON.parse(document.getElementById("page-config").textContent);

// What listens for frames stands before the line is opened, and the transcript before whoever furnishes it.
startTranscript();
startRoom();
startOutbox(config);
startSending();
startRefresh();
startNavigation();
startScroll();
startConnection();
startWidgets();
connect(config);
