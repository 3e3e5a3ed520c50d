import type { Sample } from './report.js'

const WIDTH = 900
const PANEL = 210
const LEFT = 64
const RIGHT = 16
const TOP = 34
const BOTTOM = 30
const LINES = [
  { of: (sample: Sample) => sample.rssMib, name: 'RSS', colour: '#0b5fa5' },
  { of: (sample: Sample) => sample.heapMib, name: 'heap in use', colour: '#c2571a' },
] as const

/** One campaign's memory. */
export interface Panel {
  readonly title: string
  readonly samples: readonly Sample[]
}

/** An SVG with what each campaign's hub held while it ran, one below the other. */
export function drawCurves(panels: readonly Panel[]): string {
  const height = PANEL * panels.length
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" ` +
      `font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    ...panels.map(
      (panel, index) => `<g transform="translate(0 ${index * PANEL})">\n${draw(panel)}\n</g>`,
    ),
    '</svg>',
    '',
  ].join('\n')
}

function draw({ title, samples }: Panel): string {
  const seconds = Math.max(1, ...samples.map((sample) => sample.seconds))
  const most = Math.max(1, ...samples.flatMap((sample) => LINES.map(({ of }) => of(sample))))
  const [yStep, xStep] = [stepFor(most), stepFor(seconds)]
  const top = Math.ceil(most / yStep) * yStep
  const x = (at: number): number => LEFT + (at / seconds) * (WIDTH - LEFT - RIGHT)
  const y = (mib: number): number => PANEL - BOTTOM - (mib / top) * (PANEL - TOP - BOTTOM)
  const parts = [`<text x="${LEFT}" y="20" font-weight="bold">${escaped(title)}</text>`]
  for (let mib = 0; mib <= top; mib += yStep) {
    parts.push(
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${tidy(y(mib))}" y2="${tidy(y(mib))}" stroke="#ddd"/>`,
      `<text x="${LEFT - 8}" y="${tidy(y(mib) + 4)}" text-anchor="end" fill="#555">${mib} MiB</text>`,
    )
  }
  for (let at = 0; at <= seconds; at += xStep) {
    parts.push(
      `<text x="${tidy(x(at))}" y="${PANEL - 12}" text-anchor="middle" fill="#555">${at} s</text>`,
    )
  }
  LINES.forEach(({ of, name, colour }, index) => {
    const points = samples.map((sample) => `${tidy(x(sample.seconds))},${tidy(y(of(sample)))}`)
    parts.push(
      `<polyline fill="none" stroke="${colour}" stroke-width="1.5" points="${points.join(' ')}"/>`,
      `<text x="${WIDTH - RIGHT - 110 * (LINES.length - 1 - index)}" y="20" text-anchor="end" ` +
        `fill="${colour}">${name}</text>`,
    )
  })
  return parts.join('\n')
}

/** 1, 2 or 5 times a power of ten, so that four to eight fit in. */
function stepFor(range: number): number {
  const power = 10 ** Math.floor(Math.log10(range / 4))
  const times = [1, 2, 5, 10].find((each) => range / (each * power) <= 8)
  return Math.max(1, (times ?? 10) * power)
}

function tidy(value: number): number {
  return Math.round(value * 10) / 10
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
