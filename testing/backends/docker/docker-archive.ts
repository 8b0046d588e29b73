/** Sizes of the fields of a header in bytes, in their order (POSIX, "ustar interchange format"). */
const HEADER = {
  name: 100,
  mode: 8,
  uid: 8,
  gid: 8,
  size: 12,
  mtime: 12,
  chksum: 8,
  typeflag: 1,
  linkname: 100,
  magic: 8,
};
const BLOCK = 512;

/**
 * An archive for `docker cp -` of files by name: they belong to root, and only a group can read them.
 */
export function archive(files: Readonly<Record<string, string>>, group: number): Buffer {
  const entries = Object.entries(files).map(([name, text]) => {
    const content = Buffer.from(text, 'utf8');
    const fields = {
      name,
      mode: octal(0o440, 7),
      uid: octal(0, 7),
      gid: octal(group, 7),
      size: octal(content.length, 11),
    };
    return Buffer.concat([header(fields), padded(content)]);
  });
  return Buffer.concat([...entries, Buffer.alloc(2 * BLOCK)]);
}

function header(fields: Readonly<Record<'name' | 'mode' | 'uid' | 'gid' | 'size', string>>): Buffer {
  const all: Partial<Record<string, string>> = { ...fields, mtime: octal(0, 11), typeflag: '0', magic: 'ustar\x0000' };
  const write = (chksum: string) =>
    padded(
      Buffer.concat(
        Object.entries(HEADER).map(([name, size]) => {
          const field = Buffer.alloc(size);
          field.write(name === 'chksum' ? chksum : (all[name] ?? ''));
          return field;
        }),
      ),
    );
  // The sum is that of a header with spaces in its place.
  const sum = write(' '.repeat(8)).reduce((total, byte) => total + byte, 0);
  return write(`${octal(sum, 6)}\0 `);
}

function padded(content: Buffer): Buffer {
  return Buffer.concat([content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)]);
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}
