// What the routes of the API are made with.
export type { Rooms } from './rooms.ts'
export type { Caller, Routes } from './route.ts'
export { type RequestFor, serve } from './serve.ts'
export { momentOf, refsBy, shown, time } from './shown.ts'
export { answered, ndjson } from './streamed.ts'
