// Liveness and readiness of a container, asked as a kubelet does: over http or https, whose certificate it does not check.

import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

/** An `httpGet` probe with its times, in whole seconds as the service has them. */
export interface HttpProbe {
  readonly path: string;
  readonly port: number;
  readonly scheme: 'http' | 'https';
  readonly initialDelaySeconds: number;
  readonly periodSeconds: number;
  readonly failureThreshold: number;
  readonly timeoutSeconds: number;
}

export type ProbeKind = 'Liveness' | 'Readiness';

export interface ProbeNews {
  /** One failed answer, in the kubelet's words. */
  failed(kind: ProbeKind, why: string): void;
  /** So many in a row as the probe allows. */
  exhausted(kind: ProbeKind): void;
}

/**
 * Asks a container's probe until it is stopped: first after the initial delay, then each period.
 *
 * @param host - the group's address.
 */
export function askProbe(host: string, kind: ProbeKind, probe: HttpProbe, news: ProbeNews): () => void {
  let failures = 0;
  let stopped = false;
  let timer: NodeJS.Timeout;
  const ask = async (): Promise<void> => {
    const why = await failureOf(host, probe);
    if (stopped) return;
    if (why === null) failures = 0;
    else {
      failures += 1;
      news.failed(kind, why);
      if (failures === probe.failureThreshold) news.exhausted(kind);
    }
    plan(probe.periodSeconds);
  };
  const plan = (seconds: number): void => {
    if (stopped) return;
    timer = setTimeout(() => void ask(), seconds * 1000);
    timer.unref();
  };
  plan(probe.initialDelaySeconds);
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

/* Null for an answer from 200 to 399, as Kubernetes counts success of httpGet. */
function failureOf(host: string, probe: HttpProbe): Promise<string | null> {
  const { path, port, scheme, timeoutSeconds } = probe;
  return new Promise((resolve) => {
    const options = {
      host,
      port,
      path,
      agent: false,
      rejectUnauthorized: false,
      signal: AbortSignal.timeout(timeoutSeconds * 1000),
    };
    const asked = scheme === 'https' ? requestHttps(options) : requestHttp(options);
    asked.once('response', ({ statusCode = 0 }) => {
      const succeeded = statusCode >= 200 && statusCode < 400;
      resolve(succeeded ? null : `HTTP probe failed with statuscode: ${statusCode}`);
      asked.destroy();
    });
    /* Also after the answer was had, and the rest of it dropped. */
    asked.on('error', ({ name, message }) => {
      const why = name === 'AbortError' ? `no answer in ${timeoutSeconds} s` : message;
      resolve(`Get "${scheme}://${host}:${port}${path}": ${why}`);
    });
    asked.end();
  });
}
