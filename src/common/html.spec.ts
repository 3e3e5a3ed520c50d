import { createHash } from 'node:crypto'

import { describe, expect, it } from '@jest/globals'

import { Html, markup, page, PAGE_HEADERS } from './html.js'

describe('markup', () => {
  it('takes nothing that stands in a value for markup', () => {
    const hostile = `"><script>alert('&')</script>`
    const { text } = markup`<a title="${hostile}">${hostile}</a>`

    expect(text.match(/[<>"']/g)?.join('')).toBe('<"">' + '<>')
    expect(text).toContain('&lt;script&gt;alert(&#39;&amp;&#39;)')
  })

  it('nests, and shows nothing for null', () => {
    const items = ['<', '>'].map((each) => markup`<li>${each}`)

    expect(markup`<ul>${items}${null}${new Html('<hr>')}${7}</ul>`.text).toBe(
      '<ul><li>&lt;<li>&gt;<hr>7</ul>',
    )
  })
})

describe('a page', () => {
  it('has the one style that its policy lets in, and neither script nor anything to load', () => {
    const text = page('A & B', markup`<p>Hello</p>`)
    const policy = PAGE_HEADERS['content-security-policy'] ?? ''

    const style = /<style>(.*)<\/style>/s.exec(text)?.[1] ?? ''
    const hash = createHash('sha256').update(style).digest('base64')
    expect(policy).toContain(`style-src 'sha256-${hash}';`)
    expect(policy).toMatch(/^default-src 'none';/)
    expect(policy).not.toMatch(/unsafe|script|\*/)
    expect(text).toContain('<title>A &amp; B</title>')
    expect(text).not.toMatch(/<script|src=|href=|\sstyle=|\son\w+=/)
  })
})
