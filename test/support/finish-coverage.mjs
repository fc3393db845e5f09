// Mocha gives a worker one second to end, and then sends SIGTERM; what it covered takes longer to write on a busy machine.
// A listener keeps the signal from ending it half way.
if (process.env.MOCHA_WORKER_ID !== undefined) process.on('SIGTERM', () => undefined);
