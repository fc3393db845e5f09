// Random tars of everything that a tar may say: PAX and GNU records, sparse files, links, whiteouts, devices, names of any bytes.

import { GNU, member, octal, padded, pax, paxData, RAW_BLOCK, sealed, USTAR, zeros } from './raw-tar.js';

type Random = () => number;

/** A tar of 1 to 30 members drawn by `random`; in some of them one member is faulty. */
export function oddTar(random: Random): Buffer {
  const draw = drawing(random);
  const parts: Buffer[] = [];
  for (let count = draw.below(30); count >= 0; count--) parts.push(oddMember(draw));
  parts.push(
    draw.pick([...Array<Buffer>(8).fill(zeros(2)), zeros(1), zeros(0), zeros(20), Buffer.alloc(700)]),
  );
  if (draw.chance(0.05)) parts.push(Buffer.from('what follows the end'));
  return Buffer.concat(parts);
}

interface Draw {
  below(limit: number): number;
  chance(share: number): boolean;
  pick<T>(from: readonly T[]): T;
  bytes(length: number): Buffer;
  name(): string;
  directory(): string;
}

function drawing(random: Random): Draw {
  const below = (limit: number): number => Math.floor(random() * limit);
  const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T;
  const directory = (): string =>
    pick([
      '',
      '',
      './',
      '/',
      'a/',
      'a/b/',
      './a/',
      'a//',
      'a/../',
      '../',
      'a/b/../../c/',
      'new/deep/er/',
      'é/',
      '\xff\xfe/',
    ]);
  return {
    below,
    pick,
    directory,
    chance: (share) => random() < share,
    bytes: (length) => Buffer.alloc(length, 1 + below(255)),
    name: () =>
      directory() +
      pick([
        'f',
        'g',
        'h',
        'i',
        'j',
        'k',
        `n${below(1e6)}`,
        `n${below(1e6)}`,
        `n${below(1e6)}`,
        `n${below(1e6)}`,
        `n${below(1e6)}`,
        'x\x80y',
        '\xc3\xa9',
        ' ',
        'a\nb',
        'q'.repeat(1 + below(90)),
        '.hidden',
      ]),
  };
}

type Maker = (draw: Draw) => Buffer;

/* The first ones several times: most members are plain. */
const MAKERS: readonly Maker[] = [
  ...Array<Maker>(6).fill(file),
  ...Array<Maker>(4).fill(directory),
  ...Array<Maker>(2).fill(symlink),
  hardLink,
  linkedPair,
  whiteout,
  opaque,
  device,
  paxFile,
  paxFile,
  xattrs,
  xattrs,
  globalHeader,
  longNames,
  gnuSparse,
  paxSparse,
  otherType,
  otherFormat,
  oddNumbers,
];

function oddMember(draw: Draw): Buffer {
  return draw.chance(0.012) ? faulty(draw) : draw.pick(MAKERS)(draw);
}

function file(draw: Draw): Buffer {
  const size = draw.pick([0, 1, 511, 512, 513, 4095, 4096, 4097, draw.below(20_000), draw.below(90_000)]);
  return member({ name: draw.name(), data: draw.bytes(size) });
}

function directory(draw: Draw): Buffer {
  const name = draw.pick([
    'a/',
    'a/b/',
    'a/b/c/',
    './',
    '/',
    '',
    'é/',
    `d${draw.below(9)}/`,
    'a',
    'lost+found/',
  ]);
  return member({ name, type: '5' });
}

function symlink(draw: Draw): Buffer {
  const length = draw.pick([0, 1, 58, 59, 60, 61, 99, 100]);
  return member({ name: `${draw.directory()}s${draw.below(9)}`, type: '2', linkName: 't'.repeat(length) });
}

/* Mostly of a target that is not there, which is refused: so it is drawn seldom. */
function hardLink(draw: Draw): Buffer {
  if (draw.chance(0.9)) return linkedPair(draw);
  return member({ name: draw.name(), type: '1', linkName: draw.pick(['f', 'a', 'a/f', '', draw.name()]) });
}

/* A target that is there for sure, and links to it. */
function linkedPair(draw: Draw): Buffer {
  const target = `t${draw.below(1e6)}`;
  const names = Array.from({ length: 1 + draw.below(4) }, () => `l${draw.below(1e6)}`);
  const first = draw.chance(0.5)
    ? member({ name: target, data: draw.bytes(draw.below(6000)) })
    : member({ name: target, type: draw.pick(['2', '3', '6']), linkName: 'x'.repeat(draw.below(99)) });
  const links = names.map((name) =>
    member({ name, type: '1', linkName: `${draw.pick(['', './', '/'])}${target}` }),
  );
  const again = draw.chance(0.3) ? [member({ name: names[0] ?? '', type: '1', linkName: target })] : [];
  return Buffer.concat([first, ...links, ...again]);
}

function whiteout(draw: Draw): Buffer {
  const name = draw.pick([
    'gone',
    'f',
    `n${draw.below(40)}`,
    '\xff',
    'w'.repeat(90),
    draw.chance(0.1) ? '' : 'left',
    '.wh.x',
  ]);
  return member({
    name: `${draw.directory()}.wh.${name}`,
    type: draw.pick(['0', '0', '1', '5']),
    linkName: 'n0',
  });
}

function opaque(draw: Draw): Buffer {
  const name = draw.pick(['a/', 'a/b/', 'o/', '']);
  const marked = member({ name: `${name}.wh..wh..opq`, data: draw.bytes(draw.below(2) * 10) });
  const records = draw.chance(0.5) ? [pax(xattrRecords(draw))] : [];
  return Buffer.concat([...records, member({ name: name === '' ? './' : name, type: '5' }), marked]);
}

function device(draw: Draw): Buffer {
  const numbers = [329, 337].map(
    (at) => [at, octal(draw.pick([0, 1, 8, 255, 256, 4095, 65_536, 2_097_151]), 8)] as const,
  );
  return member({
    name: `v${draw.below(20)}`,
    type: draw.pick(['3', '4', '6']),
    magic: USTAR,
    patch: numbers,
  });
}

function paxFile(draw: Draw): Buffer {
  const data = draw.bytes(draw.below(9000));
  const long = `${'p'.repeat(draw.below(255))}/${'r'.repeat(1 + draw.below(254))}`;
  const all: readonly (readonly [string, string])[] = [
    ['path', draw.pick([long, draw.name(), 'é'.repeat(40), ''])],
    ['linkpath', 'k'.repeat(draw.below(300))],
    [
      'mtime',
      draw.pick([
        '0',
        '1.5',
        '-1.25',
        '1700000000.123456789123',
        '4294967296',
        '-2147483649',
        '15032385535.9',
        '1.',
      ]),
    ],
    ['atime', draw.pick(['17.000000001', '-0.5', '99999999999'])],
    ['ctime', draw.pick(['3', '2147483648.75'])],
    ['uid', draw.pick(['0', '65536', '4294967295', '4294967296', '-1'])],
    ['gid', draw.pick(['1000', '+7', '2097152'])],
    ['uname', 'somebody'],
    ['comment', 'a=b=c\nd'],
    ['VENDOR.x', ''],
  ];
  const records = all.filter(() => draw.chance(0.4));
  const size = draw.chance(0.2) ? [['size', String(data.length)] as const] : [];
  const type = draw.pick(['0', '0', '0', '2']);
  const body = type === '0' ? data : Buffer.alloc(0);
  const named = member({
    name: draw.name(),
    type,
    linkName: 'x',
    data: body,
    ...(size.length > 0 ? { size: 0 } : {}),
  });
  return type === '0'
    ? Buffer.concat([pax([...records, ...size]), named])
    : Buffer.concat([pax(records), member({ name: draw.name(), type, linkName: 'x' })]);
}

function xattrRecords(draw: Draw): readonly (readonly [string, string])[] {
  const names = [
    'user.a',
    'user.bb',
    'security.capability',
    'trusted.overlay.opaque',
    'system.posix_acl_access',
    'system.posix_acl_default',
    'system.richacl',
    'system.x',
    'system.data',
    'user.',
    'btrfs.c',
    'user.\xff',
    `user.${'l'.repeat(draw.pick([9, 90, 230, 234, 235, 240, 250, 251, 256, 300]))}`,
    `user.n${draw.below(99)}`,
  ];
  return names
    .filter(() => draw.chance(0.25))
    .map((name) => [`SCHILY.xattr.${name}`, 'v'.repeat(draw.pick([0, 1, 4, 20, 80, 100, 900]))] as const);
}

function xattrs(draw: Draw): Buffer {
  const type = draw.pick(['0', '5', '2', '3']);
  const name = type === '5' ? draw.pick(['a/', 'a/b/', 'z/']) : `x${draw.below(1e6)}`;
  return Buffer.concat([
    pax(xattrRecords(draw)),
    member({ name, type, linkName: type === '2' ? 'y'.repeat(draw.below(99)) : '' }),
  ]);
}

function globalHeader(draw: Draw): Buffer {
  const records = [
    ['path', `global${draw.below(99)}`],
    ['mtime', '5'],
    ['SCHILY.xattr.user.g', 'v'],
  ] as const;
  const data = paxData(records.filter(() => draw.chance(0.6)));
  return member({ name: draw.pick(['pax_global_header', draw.name()]), type: 'g', data });
}

function longNames(draw: Draw): Buffer {
  const name = `${'/L'.repeat(draw.below(60))}/${'m'.repeat(1 + draw.below(254))}`;
  const ending = draw.pick(['\0', '', '\0rest']);
  const record = (type: string, text: string): Buffer =>
    member({ name: '././@LongLink', type, data: Buffer.from(text + ending, 'latin1'), magic: GNU });
  const records = [record('L', name), record('K', 'k'.repeat(draw.below(5000)))].filter(() =>
    draw.chance(0.7),
  );
  const before = draw.chance(0.2)
    ? [
        pax([
          ['path', 'of-pax'],
          ['mtime', '9.5'],
        ]),
      ]
    : [];
  const order = draw.chance(0.5) ? [...before, ...records] : [...records, ...before];
  return Buffer.concat([
    ...order,
    member({ name: draw.name(), type: draw.pick(['0', '2', '5']), linkName: 'x', magic: GNU }),
  ]);
}

interface Region {
  readonly offset: number;
  readonly data: Buffer;
}

function regions(draw: Draw): {
  readonly all: readonly Region[];
  readonly size: number;
  readonly stored: Buffer;
} {
  const all: Region[] = [];
  let at = 0;
  for (let count = draw.below(30); count > 0; count--) {
    at += draw.pick([0, 1, 512, 4096, draw.below(50_000)]);
    const data = draw.bytes(draw.pick([0, 1, 512, 4096, draw.below(5000)]));
    all.push({ offset: at, data });
    at += data.length;
  }
  const size = at + draw.pick([0, 1, 4096, 200_000]);
  return { all, size, stored: Buffer.concat(all.map(({ data }) => data)) };
}

function gnuSparse(draw: Draw): Buffer {
  const { all, size, stored } = regions(draw);
  const pairs = all.map(({ offset, data }) => octal(offset, 12) + octal(data.length, 12));
  const more = pairs.slice(4);
  const patch = [
    [386, pairs.slice(0, 4).join('')],
    [482, more.length > 0 ? '\x01' : '\0'],
    [483, octal(size, 12)],
  ] as const;
  const head = member({ name: `gs${draw.below(1e6)}`, type: 'S', size: stored.length, magic: GNU, patch });
  const extensions: Buffer[] = [];
  for (let at = 0; at < more.length; at += 21) {
    const block = Buffer.alloc(RAW_BLOCK);
    block.write(more.slice(at, at + 21).join(''), 'latin1');
    if (at + 21 < more.length) block[504] = 1;
    extensions.push(block);
  }
  return Buffer.concat([head, ...extensions, padded(stored)]);
}

function paxSparse(draw: Draw): Buffer {
  const { all, size, stored } = regions(draw);
  const name = `ps${draw.below(1e6)}`;
  const form = draw.pick(['0.0', '0.1', '1.0']);
  const header = (records: readonly (readonly [string, string])[], data: Buffer): Buffer =>
    Buffer.concat([pax(records), member({ name: 'GNUSparseFile.0/x', data, magic: USTAR })]);
  if (form === '1.0') {
    const map = [all.length, ...all.flatMap(({ offset, data }) => [offset, data.length])]
      .map((n) => `${n}\n`)
      .join('');
    const records = [
      ['GNU.sparse.major', '1'],
      ['GNU.sparse.minor', '0'],
      ['GNU.sparse.name', name],
      ['GNU.sparse.realsize', String(size)],
    ] as const;
    return header(records, Buffer.concat([padded(Buffer.from(map)), stored]));
  }
  const blocks = ['GNU.sparse.numblocks', String(all.length)] as const;
  const about = [['GNU.sparse.size', String(size)], blocks] as const;
  if (form === '0.1') {
    const map = all.flatMap(({ offset, data }) => [offset, data.length]).join(',');
    return header([...about, ['GNU.sparse.name', name], ['GNU.sparse.map', map]], stored);
  }
  const repeated = all.flatMap(({ offset, data }) => [
    ['GNU.sparse.offset', String(offset)] as const,
    ['GNU.sparse.numbytes', String(data.length)] as const,
  ]);
  return header([['path', name], ...about, ...repeated], stored);
}

function otherType(draw: Draw): Buffer {
  const type = draw.pick(['\0', '7', 'A', 'D', 'M', 'N', 'V', 'X', 'Z', '8', ' ']);
  const name = draw.chance(0.2) ? `old${draw.below(99)}/` : `o${draw.below(1e6)}`;
  return member({
    name,
    type,
    data: type === '\0' && name.endsWith('/') ? Buffer.alloc(0) : draw.bytes(draw.below(3000)),
  });
}

function otherFormat(draw: Draw): Buffer {
  const name = `m${draw.below(1e6)}`;
  const format = draw.pick(['star', 'gnu times', 'gnu prefix', 'ustar prefix', 'unknown']);
  const times = octal(draw.below(2 ** 31), 12) + octal(draw.below(2 ** 31), 12);
  if (format === 'star')
    return member({
      name,
      magic: USTAR,
      patch: [
        [345, 'pre'],
        [476, times],
        [508, 'tar\0'],
      ],
    });
  if (format === 'gnu times') return member({ name, magic: GNU, patch: [[345, times]] });
  if (format === 'gnu prefix')
    return member({ name, magic: GNU, patch: [[345, draw.pick(['pre/fix', 'pr\xc3\xa9', '777'])]] });
  if (format === 'ustar prefix')
    return member({ name, magic: USTAR, patch: [[345, 'q/'.repeat(draw.below(77))]] });
  return member({
    name,
    magic: draw.pick(['ustar 00', 'USTAR\0' + '00', '\0'.repeat(8)]),
    patch: [
      [329, 'abc'],
      [345, 'x'],
    ],
  });
}

function oddNumbers(draw: Draw): Buffer {
  const fields = [
    [
      100,
      draw.pick([
        '0000644\0',
        ' 755   \0',
        '77777777',
        '        ',
        '0o7\0',
        '\x80\0\0\0\0\0\x0f\xff',
        '1 2\0',
      ]),
    ],
    [
      108,
      draw.pick([
        '\x80\0\0\0\xff\xff\xff\xff',
        '\xff\xff\xff\xff\xff\xff\xff\xfe',
        '7777777\0',
        '\0\0\0\0\0\0\0\0',
      ]),
    ],
    [
      136,
      draw.pick([
        '\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00',
        '\x80\0\0\0\0\0\0\x03\0\0\0\0',
        '77777777777\0',
        '            ',
      ]),
    ],
  ] as const;
  return member({ name: `num${draw.below(1e6)}`, patch: fields.filter(() => draw.chance(0.5)) });
}

/* What makes a reader give up, or nearly. */
function faulty(draw: Draw): Buffer {
  const whole = member({ name: draw.name(), data: draw.bytes(900) });
  const makers: readonly (() => Buffer)[] = [
    () => whole.subarray(0, draw.below(whole.length)),
    () => Buffer.concat([Buffer.alloc(RAW_BLOCK), whole]),
    () => pax([['mtime', 'soon']]),
    () =>
      member({
        name: 'x',
        type: 'x',
        data: Buffer.from(
          draw.pick([
            '9 a=b\n',
            '6 a=b\n',
            '5 ab\n',
            '06 a=b\n',
            '+6 a=b\n',
            '6 a=b ',
            '0',
            '\0\0\0\0',
            '8 pa=b\0\n',
          ]),
        ),
      }),
    () => member({ name: 'y', patch: [[100, draw.pick(['abcdefg\0', '12 8\0', '-1\0'])]] }),
    () => member({ name: draw.pick(['e', 'w'.repeat(100)]), type: draw.pick(['1', '2', '5']), size: 700 }),
    () => Buffer.concat([pax([['path', 'z'.repeat(256)]]), whole]),
    () =>
      Buffer.concat([
        pax([['size', draw.pick(['-1', '99999999999999999999', '1e3', '9007199254740993'])]]),
        whole,
      ]),
    () => Buffer.concat([pax([['linkpath', 'a\0b']]), whole]),
    () => Buffer.concat([pax([['SCHILY.xattr.user.big', 'v'.repeat(5000)]]), whole]),
    () => Buffer.concat([member({ name: 'a', data: draw.bytes(5) }), member({ name: 'a/f' })]),
    () => Buffer.concat([member({ name: 'twice', data: draw.bytes(5) }), member({ name: 'twice' })]),
    () => signed(whole),
  ];
  return draw.pick(makers)();
}

/* A checksum of signed bytes, which is taken as well. */
function signed(whole: Buffer): Buffer {
  const block = Buffer.from(whole.subarray(0, RAW_BLOCK));
  block.write('caf\xe9', 0, 'latin1');
  return Buffer.concat([
    sealed(block, (byte) => (byte < 0x80 ? byte : byte - 0x100)),
    whole.subarray(RAW_BLOCK),
  ]);
}
