// Findings about processes: what a container runs when it starts, and what the host may run in it later.

import type { ContainerRule } from '../policy-document.js';
import {
  fetches,
  inspectorArgument,
  partsOf,
  processArgument,
  type ProgramCall,
  programOf,
} from './command-line.js';
import { type Finding, finding } from './finding.js';

export function lintPrograms(container: ContainerRule, label: string): readonly Finding[] {
  const mounted = container.mounts.map(({ destination }) => destination);
  return [
    ...lintCommand(container, label, mounted),
    ...container.exec_processes.flatMap(({ command }) => lintExec(command, label, mounted)),
  ];
}

function lintCommand(
  container: ContainerRule,
  label: string,
  mounted: readonly string[],
): readonly Finding[] {
  const { command } = container;
  if (command === null || command.length === 0) {
    const example = 'the deployment is accepted and the container never starts';
    return [finding('COMMAND_MISSING', label, `${label} has no command`, example)];
  }
  const text = command.join(' ');
  const findings: Finding[] = [];
  if (partsOf(command, mounted).some(fetches)) {
    const example = 'the server at that address chooses the code or data, under the same policy hash';
    findings.push(
      finding('COMMAND_FETCHES', label, `${label} fetches something when it starts: ${text}`, example),
    );
  }
  const call = programOf(command, mounted);
  if (call.kind !== 'other' && call.mode === 'open') {
    const example = `the host decides what ${call.program} runs, by what stands there or by its standard input`;
    findings.push(
      finding('COMMAND_OPEN', label, `${label} runs ${text}, which is no fixed program`, example),
    );
  }
  return [...findings, ...lintDebugger(command, label)];
}

function lintExec(command: readonly string[], label: string, mounted: readonly string[]): readonly Finding[] {
  const text = command.join(' ');
  const outside = processArgument(command);
  if (outside !== null) {
    const example = `the host may run ${text}, and read or change what other processes of ${label} have in memory`;
    return [finding('EXEC_PROCESS_MEMORY', label, `${text} may be run in ${label}`, example)];
  }
  return [...lintDebugger(command, label), execFinding(programOf(command, mounted), text, label)];
}

function execFinding(call: ProgramCall, text: string, label: string): Finding {
  const message = `${text} may be run in ${label}`;
  if (call.mode === 'script') {
    return finding(
      'EXEC_ALLOWED',
      label,
      message,
      `the host may run ${text} at any time, and sees how it ends`,
    );
  }
  const example = `exec of ${text} is allowed: the host may read every file and process of ${label}`;
  return finding(call.kind === 'shell' ? 'EXEC_SHELL' : 'EXEC_INTERPRETER', label, message, example);
}

function lintDebugger(command: readonly string[], label: string): readonly Finding[] {
  const argument = inspectorArgument(command);
  if (argument === null) return [];
  const example = `whatever reaches the debugger that ${argument} opens can read and change everything in the program`;
  return [finding('INSPECTOR', label, `${label} may be run with ${argument}`, example)];
}
