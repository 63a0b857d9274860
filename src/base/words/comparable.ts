// A name as names are compared: two that people read as the same one are the same.

/** Without marks of compatibility, blanks around it and case: "Ann" and "ａｎｎ " are one name. */
export const comparable = (name: string): string => name.normalize('NFKC').trim().toLowerCase()
