// A name as names are compared: two that people read as the same one are the same.

/** Without marks of compatibility, what no font draws, blanks around it and case: "Ann" and "ａｎｎ\u{3164} " are one name. */
export const comparable = (name: string): string =>
  name
    .normalize('NFKC')
    .replace(/\p{DI}/gu, '')
    .trim()
    .toLowerCase()
