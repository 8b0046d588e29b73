/** Returns the whole lines that a growing text has got since the last call; those of another text from its beginning. */
export function newLines(): (text: string) => string[] {
  let read = '';
  return (text) => {
    const from = text.startsWith(read) ? read.length : 0;
    read = text.slice(0, text.lastIndexOf('\n') + 1);
    return read
      .slice(from)
      .split('\n')
      .filter((line) => line !== '');
  };
}
