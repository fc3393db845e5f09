// A program run as a process of its own, with what it took: as the kernel counted it, not as the clock of a busy machine.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface ProcessCost {
  /** Standard output. */
  readonly output: string;
  readonly wallMs: number;
  /** User and system time of all threads. */
  readonly cpuMs: number;
  /** Most memory that was resident at once. */
  readonly peakBytes: number;
}

/* A Node says at its end itself what it took: no tool has to be installed. */
const TELL_COST = `data:text/javascript,process.on("exit",()=>{
  const{userCPUTime:u,systemCPUTime:s,maxRSS:r}=process.resourceUsage();
  process.stderr.write("COST "+(u+s)/1e3+" "+r*1024+"\\n")})`;

/** Runs Node with `args`. @throws where it fails */
export async function measureNode(args: readonly string[], home?: string): Promise<ProcessCost> {
  const started = performance.now();
  const env = home === undefined ? process.env : { PATH: process.env['PATH'], HOME: home };
  const child = spawn(process.execPath, ['--import', TELL_COST, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = collect(child.stdout);
  const said = collect(child.stderr);
  const code = await new Promise((ended) => child.on('close', ended));
  const wallMs = performance.now() - started;
  const cost = /COST ([\d.]+) (\d+)/.exec(await said);
  if (code !== 0 || cost === null) throw new Error(`${args.join(' ')} ended with ${String(code)}`);
  return { output: await output, wallMs, cpuMs: Number(cost[1]), peakBytes: Number(cost[2]) };
}

/** Puts one line to a program that answers with one, and reads what it took before it ends. Linux; processor time in steps of 10 ms. */
export async function measureAnswer(command: string, question: string): Promise<ProcessCost> {
  const started = performance.now();
  const child = spawn(command, { stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = new Promise((done) => child.on('close', done));
  child.stdin.write(`${question}\n`);
  const output = await firstLine(child.stdout);
  const wallMs = performance.now() - started;
  const cost = costOf(child.pid ?? 0);
  child.stdin.end();
  await ended;
  return { output, wallMs, ...cost };
}

/* proc(5): utime and stime, fields 14 and 15 of stat, in hundredths of a second; VmHWM of status in KiB. */
function costOf(pid: number): Pick<ProcessCost, 'cpuMs' | 'peakBytes'> {
  const afterName = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ') ?? [];
  const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
  return { cpuMs: 10 * (Number(afterName[11]) + Number(afterName[12])), peakBytes: 1024 * Number(peak?.[1]) };
}

async function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) {
    text += String(chunk);
    if (text.includes('\n')) break;
  }
  return text;
}

async function collect(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += String(chunk);
  return text;
}

/** The median of one figure over several runs. */
export function medianOf(costs: readonly ProcessCost[], figure: 'wallMs' | 'cpuMs' | 'peakBytes'): number {
  const sorted = costs.map((cost) => cost[figure]).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
