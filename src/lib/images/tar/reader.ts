// Tar archive to entries and data, pushed in pieces of any size: what Go's archive/tar `Reader.Next` delivers.

import { CleanroomError } from '../../base/errors.js';
import { displayName, isHeaderOnly, TAR_TYPE, type TarEntry } from './entry.js';
import { parseTarHeader, settleOldType, TAR_BLOCK_SIZE, type TarHeader } from './header.js';
import { parseNumeric } from './numeric.js';
import { mergePaxRecords, parsePaxRecords } from './pax.js';
import {
  DataMap,
  mapFromGnuBlock,
  mapFromRecords,
  mergeSparseRecords,
  paxSparseForm,
  regionsFit,
  type SparseRegion,
} from './sparse.js';
import { SparseExpander } from './sparse-expander.js';

/** What the reader calls, in archive order: an entry, then its content as data and runs of zeros. */
export interface TarVisitor {
  entry(entry: TarEntry): void;
  /** Valid during the call only. */
  data(bytes: Uint8Array): void;
  /** A hole of a sparse file. */
  zeros(count: number): void;
}

type State = 'header' | 'special' | 'gnu-map' | 'data-map' | 'data' | 'padding' | 'ended';

/* Of a PAX header, a long name or a sparse map; the limit of Go's archive/tar (maxSpecialFileSize). */
const MAX_SPECIAL_BYTES = 1 << 20;

/** Reads one archive; `push` every byte in order, then `end`. Both throw CleanroomError TAR_MALFORMED. */
export class TarReader {
  private state: State = 'header';
  private readonly block = Buffer.alloc(TAR_BLOCK_SIZE);
  private filled = 0;
  private zeroBlocks = 0;
  private remaining = 0;
  private padding = 0;
  private offset = 0;

  /* Collected for the next real entry. */
  private special: Buffer[] = [];
  private specialType = '';
  private records: ReadonlyMap<string, string> | null = null;
  private longName = '';
  private longLink = '';

  private current: TarEntry | null = null;
  private regions: readonly SparseRegion[] = [];
  private dataMap = new DataMap();
  private sparse: SparseExpander | null = null;

  constructor(private readonly visitor: TarVisitor) {}

  /** Whether the end marker was read; what follows it is ignored. */
  get ended(): boolean {
    return this.state === 'ended';
  }

  push(bytes: Uint8Array): void {
    let rest = bytes;
    while (rest.length > 0 && this.state !== 'ended') {
      const taken = this.consume(rest);
      this.offset += taken;
      rest = rest.subarray(taken);
    }
  }

  /** The input is over: right after an entry, its padding or a zero block, or the archive is cut short. */
  end(): void {
    if (this.state === 'ended' || this.state === 'padding') return;
    if (this.state !== 'header' || this.filled > 0) throw this.malformed('the archive is cut short');
  }

  /**
   * Leaves out what is left of the current entry's data: for readers that can seek.
   *
   * @returns how many bytes of the archive the caller must not push.
   */
  skipData(): number {
    if (this.state !== 'data' && this.state !== 'padding') return 0;
    const skipped = this.remaining + this.padding;
    this.offset += skipped;
    this.beginHeader();
    return skipped;
  }

  private consume(bytes: Uint8Array): number {
    switch (this.state) {
      case 'header':
      case 'gnu-map':
      case 'data-map':
        return this.consumeBlock(bytes);
      case 'special':
        return this.consumeSpecial(bytes);
      case 'data':
        return this.consumeData(bytes);
      case 'padding':
        return this.consumePadding(bytes);
      case 'ended':
        return bytes.length;
    }
  }

  private consumeBlock(bytes: Uint8Array): number {
    if (this.state === 'data-map' && this.remaining < TAR_BLOCK_SIZE)
      throw this.malformed('its sparse map is cut short');
    const taken = Math.min(bytes.length, TAR_BLOCK_SIZE - this.filled);
    this.block.set(bytes.subarray(0, taken), this.filled);
    this.filled += taken;
    if (this.filled < TAR_BLOCK_SIZE) return taken;
    this.filled = 0;
    if (this.state === 'header') this.acceptHeader();
    else if (this.state === 'gnu-map') this.acceptGnuMap(this.block, 0, 21, 504);
    else this.acceptDataMap();
    return taken;
  }

  private acceptHeader(): void {
    if (isZero(this.block)) {
      this.zeroBlocks += 1;
      if (this.zeroBlocks === 2) this.state = 'ended';
      return;
    }
    if (this.zeroBlocks > 0) throw this.malformed('a header follows a single zero block');
    const header = parseTarHeader(this.block);
    if (header === null)
      throw this.malformed(`a header is invalid (checksum or number)${nameIn(this.block)}`);
    this.measureData(header.entry);
    if ('xgLK'.includes(header.entry.type)) this.beginSpecial(header.entry);
    else this.beginEntry(header);
  }

  private beginSpecial(entry: TarEntry): void {
    if (this.remaining > MAX_SPECIAL_BYTES)
      throw this.malformed(`a header record is larger than ${MAX_SPECIAL_BYTES} bytes`);
    this.current = entry;
    this.specialType = entry.type;
    this.special = [];
    this.state = 'special';
    if (this.remaining === 0) this.finishSpecial();
  }

  private consumeSpecial(bytes: Uint8Array): number {
    const taken = Math.min(bytes.length, this.remaining);
    this.special.push(Buffer.from(bytes.subarray(0, taken)));
    this.remaining -= taken;
    if (this.remaining === 0) this.finishSpecial();
    return taken;
  }

  private finishSpecial(): void {
    const data = Buffer.concat(this.special).toString('latin1');
    this.special = [];
    if (this.specialType === TAR_TYPE.gnuLongName) this.longName = untilNul(data);
    else if (this.specialType === TAR_TYPE.gnuLongLink) this.longLink = untilNul(data);
    else {
      this.records = parsePaxRecords(data);
      if (this.records === null) throw this.malformed('a PAX record is malformed');
      if (this.specialType === TAR_TYPE.paxGlobalHeader) this.deliverGlobalHeader(this.records);
    }
    this.state = 'padding';
    if (this.padding === 0) this.beginHeader();
  }

  /* Go delivers a global header as an entry with nothing but a name and records. */
  private deliverGlobalHeader(records: ReadonlyMap<string, string>): void {
    const path = records.get('path') ?? '';
    const name = path === '' ? (this.current?.name ?? '') : path;
    this.forgetPending();
    this.visitor.entry({
      name,
      linkName: '',
      type: TAR_TYPE.paxGlobalHeader,
      mode: 0,
      uid: 0,
      gid: 0,
      size: 0,
      modified: null,
      accessed: null,
      changed: null,
      deviceMajor: 0,
      deviceMinor: 0,
      records,
    });
  }

  private beginEntry({ entry, format }: TarHeader): void {
    this.current = entry;
    if (this.records !== null && !mergePaxRecords(entry, this.records))
      throw this.malformed('a PAX record has a malformed value');
    /* GNU records last: where an entry has both kinds, Go lets these win (src/archive/tar/reader.go, Reader.next). */
    if (this.longName !== '') entry.name = this.longName;
    if (this.longLink !== '') entry.linkName = this.longLink;
    settleOldType(entry);
    this.forgetPending();
    this.measureData(entry);
    if (entry.type === TAR_TYPE.gnuSparse) this.beginGnuSparse(entry, format);
    else this.beginPaxSparseOrPlain(entry);
  }

  private beginGnuSparse(entry: TarEntry, format: string): void {
    const realSize = format === 'gnu' ? parseRealSize(this.block) : null;
    if (realSize === null) throw this.malformed('its sparse header is invalid');
    entry.size = realSize;
    this.regions = [];
    this.acceptGnuMap(this.block, 386, 4, 482);
  }

  private acceptGnuMap(block: Buffer, start: number, count: number, extendedAt: number): void {
    const regions = mapFromGnuBlock(block, start, count);
    if (regions === null || this.regions.length > MAX_SPECIAL_BYTES / 24)
      throw this.malformed('its sparse map is invalid');
    this.regions = [...this.regions, ...regions];
    if (block[extendedAt] === 0) this.beginSparseData(this.regions);
    else this.state = 'gnu-map';
  }

  private beginPaxSparseOrPlain(entry: TarEntry): void {
    const form = paxSparseForm(entry.records);
    if (form === null) {
      this.deliver(entry);
      return;
    }
    if (!mergeSparseRecords(entry)) throw this.malformed('its sparse size is invalid');
    if (form === 'map-in-records') this.beginSparseData(mapFromRecords(entry.records));
    else {
      this.dataMap = new DataMap();
      this.state = 'data-map';
    }
  }

  private acceptDataMap(): void {
    this.remaining -= TAR_BLOCK_SIZE;
    const regions = this.dataMap.push(this.block.toString('latin1'));
    if (this.dataMap.length > MAX_SPECIAL_BYTES) throw this.malformed('its sparse map is too large');
    if (regions !== undefined) this.beginSparseData(regions);
  }

  private beginSparseData(regions: readonly SparseRegion[] | null): void {
    const entry = this.current;
    if (entry === null || regions === null || isHeaderOnly(entry.type) || !regionsFit(regions, entry.size))
      throw this.malformed('its sparse map is invalid');
    if (regions.reduce((sum, region) => sum + region.length, 0) !== this.remaining)
      throw this.malformed('its sparse map does not cover its data');
    this.sparse = new SparseExpander(regions, entry.size, this.visitor);
    this.deliver(entry);
  }

  private deliver(entry: TarEntry): void {
    this.visitor.entry(entry);
    this.state = 'data';
    if (this.remaining === 0) this.finishData();
  }

  private consumeData(bytes: Uint8Array): number {
    const taken = Math.min(bytes.length, this.remaining);
    const part = taken === bytes.length ? bytes : bytes.subarray(0, taken);
    if (this.sparse === null) this.visitor.data(part);
    else this.sparse.write(part);
    this.remaining -= taken;
    if (this.remaining === 0) this.finishData();
    return taken;
  }

  private finishData(): void {
    this.sparse?.end();
    this.sparse = null;
    if (this.padding === 0) this.beginHeader();
    else this.state = 'padding';
  }

  private consumePadding(bytes: Uint8Array): number {
    const taken = Math.min(bytes.length, this.padding);
    this.padding -= taken;
    if (this.padding === 0) this.beginHeader();
    return taken;
  }

  private beginHeader(): void {
    this.remaining = 0;
    this.padding = 0;
    this.sparse = null;
    this.state = 'header';
  }

  private measureData(entry: TarEntry): void {
    if (isHeaderOnly(entry.type)) {
      this.remaining = 0;
      this.padding = 0;
      return;
    }
    if (entry.size < 0 || !Number.isSafeInteger(entry.size)) throw this.malformed('its size is not possible');
    this.remaining = entry.size;
    this.padding = (TAR_BLOCK_SIZE - (entry.size % TAR_BLOCK_SIZE)) % TAR_BLOCK_SIZE;
  }

  private forgetPending(): void {
    this.records = null;
    this.longName = '';
    this.longLink = '';
  }

  private malformed(problem: string): CleanroomError {
    const name = this.current === null ? 'the first entry' : JSON.stringify(displayName(this.current.name));
    return new CleanroomError(
      'TAR_MALFORMED',
      `not a tar that can be read: ${problem}, at byte ${this.offset}, at or after ${name}`,
    );
  }
}

function isZero(block: Buffer): boolean {
  return block.every((byte) => byte === 0);
}

function untilNul(text: string): string {
  const nul = text.indexOf('\0');
  return nul === -1 ? text : text.slice(0, nul);
}

/* What an invalid header has for a name, if that can be read: a place to look at, no more. */
function nameIn(block: Buffer): string {
  const name = untilNul(block.toString('latin1', 0, 100));
  return /^[\x20-\x7e]+$/.test(name) ? `, its name field reads ${JSON.stringify(name)}` : '';
}

/* Old GNU `realsize`. */
function parseRealSize(block: Buffer): number | null {
  const size = parseNumeric(block, 483, 495);
  return size === null ? null : Number(size);
}
