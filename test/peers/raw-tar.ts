// Members of tars, field by field: for tars that no writer would make.

export const RAW_BLOCK = 512;
export const USTAR = 'ustar\0' + '00';
export const GNU = 'ustar  \0';

export interface Member {
  /** Latin-1: one unit a byte. */
  readonly name: string;
  readonly type?: string;
  readonly linkName?: string;
  readonly data?: Buffer;
  /** What the header says of the size, where that is not the data's. */
  readonly size?: number;
  readonly magic?: string;
  /** Fields of the header by offset, written last before the checksum. */
  readonly patch?: readonly (readonly [at: number, bytes: string])[];
}

export function member({
  name,
  type = '0',
  linkName = '',
  data = Buffer.alloc(0),
  size,
  magic = USTAR,
  patch = [],
}: Member): Buffer {
  const block = Buffer.alloc(RAW_BLOCK);
  const put = (text: string, at: number, end: number): void =>
    void block.write(text.slice(0, end - at), at, 'latin1');
  put(name, 0, 100);
  put('0000644\0', 100, 108);
  put('0000000\0', 108, 116);
  put('0000000\0', 116, 124);
  put(octal(size ?? data.length, 12), 124, 136);
  put('14500000000\0', 136, 148);
  put(type, 156, 157);
  put(linkName, 157, 257);
  put(magic, 257, 265);
  for (const [at, text] of patch) put(text, at, RAW_BLOCK);
  return Buffer.concat([sealed(block, (byte) => byte), padded(data)]);
}

export function sealed(block: Buffer, value: (byte: number) => number): Buffer {
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + value(byte), 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

export function pax(records: readonly (readonly [string, string])[]): Buffer {
  return member({ name: 'PaxHeaders/x', type: 'x', data: paxData(records) });
}

export function paxData(records: readonly (readonly [string, string])[]): Buffer {
  return Buffer.from(records.map(([key, value]) => record(` ${key}=${value}\n`)).join(''), 'latin1');
}

/* Its length counts its own digits. */
function record(rest: string): string {
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return `${length}${rest}`;
}

export function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, '0')}\0`;
}

export function padded(data: Buffer): Buffer {
  return Buffer.concat([data, Buffer.alloc((RAW_BLOCK - (data.length % RAW_BLOCK)) % RAW_BLOCK)]);
}

export function zeros(blocks: number): Buffer {
  return Buffer.alloc(blocks * RAW_BLOCK);
}
