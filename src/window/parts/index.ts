// What views are made of.
export * from './charts.tsx'
export * from './choice.tsx'
export * from './dialog.tsx'
export * from './left.tsx'
export * from './panel.tsx'
export * from './scroll.tsx'
export * from './table.tsx'
export * from './words.tsx'
