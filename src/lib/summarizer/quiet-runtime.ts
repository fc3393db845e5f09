// Importing this file turns off the reporting of onnxruntime (docs: "Privacy", ORT_DISABLE_TELEMETRY), for the whole process.

/** Whether it was off before: in a worker thread, whether the main thread has turned it off. */
export const quietAtStart = process.env['ORT_DISABLE_TELEMETRY'] === '1';

process.env['ORT_DISABLE_TELEMETRY'] = '1';
