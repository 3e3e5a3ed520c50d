export default async function globalTeardown() {
  await globalThis.stopTestPostgres?.()
  globalThis.stopTestPostgres = undefined
}
