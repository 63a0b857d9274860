// Gives a part of a room those of its dependencies that a test is about, and nothing else.

export type Some<T> = { readonly [K in keyof T]?: T[K] | Partial<T[K]> | undefined }

export const some = <T>(parts: Some<T>): T => parts as T
