// A name as names are compared: two that people read as the same one are the same.

/** Without marks of compatibility, what no font draws (it can keep letter and accent apart), blanks around it and case: "Ann" and "ａｎｎ\u{3164} " are one name. */
export const comparable = (name: string): string =>
  name
    .replace(/\p{DI}/gu, '')
    .normalize('NFKC')
    .trim()
    .toLowerCase()
