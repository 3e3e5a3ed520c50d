import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * What the openssl command says of a certificate as its own authority at that time; null where there is no
 * such command. It knows nothing of node ids, and is more generous than the hub in nearly all.
 */
export function opensslSays(certificatePem: string, now: Date): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'second-judge-'))
  try {
    const file = join(folder, 'certificate.pem')
    writeFileSync(file, `${certificatePem.trim()}\n`)
    const time = String(Math.floor(now.getTime() / 1000))
    const options = ['-check_ss_sig', '-partial_chain', '-attime', time, '-trusted', file]
    const { error, stdout, stderr } = spawnSync('openssl', ['verify', ...options, file], {
      encoding: 'utf8',
    })
    if (error !== undefined) return null
    return `${stdout}${stderr}`.replaceAll(file, 'certificate').trim()
  } finally {
    rmSync(folder, { recursive: true })
  }
}
