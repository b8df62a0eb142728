"""Our own components: canvases whose gestures reach Python. The browser's part lies beside, in JavaScript."""
