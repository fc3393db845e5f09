// A room for people.

import { CONTRACT_TAG } from '../ports/container-group.js';
import type { RoomState } from '../ports/ports.js';
import { escapeTerminal } from '../terminal/escape-terminal.js';

/** Columns padded to their widest cell; no trailing blanks. */
export function renderTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A line a room; those that cleanroom did not make are marked. */
export function renderList(rooms: readonly RoomState[]): string {
  const rows = rooms.map((room) => [
    room.name,
    room.provisioningState,
    room.confidential ? 'confidential' : 'NOT CONFIDENTIAL',
    room.tags[CONTRACT_TAG] === undefined ? 'not made by cleanroom' : '',
  ]);
  const header = ['room', 'state', 'confidentiality', ''];
  return rows.length === 0
    ? 'no rooms\nnext: cleanroom deploy reply.cleanroom'
    : escapeTerminal(renderTable([header, ...rows]));
}

export function renderRoom(room: RoomState): string {
  const address = room.ip === null ? 'no address' : `https://${room.fqdn ?? room.ip}:${room.ports[0] ?? ''}`;
  const lines = [
    `${room.name}  ${room.state} (${room.provisioningState})  ${room.confidential ? 'confidential' : 'NOT CONFIDENTIAL: the host can read everything in it'}`,
    `  ${address}`,
    '',
    renderTable(
      room.containers.map((container) => [
        `  ${container.name}`,
        container.state,
        container.exitCode === null ? '' : `exit ${container.exitCode}`,
        container.restartCount === 0 ? '' : `${container.restartCount} restarts`,
        container.detail ?? '',
      ]),
    ),
  ];
  const events = room.events.map(
    (event) => `  ${event.lastSeen ?? ''}  ${event.container ?? '-'}  ${event.name}  ${event.message}`,
  );
  if (events.length > 0) lines.push('', ...events);
  return escapeTerminal(lines.join('\n'));
}
