/** Where somebody comes from: how such people are called, what they speak, and where they live. */
export interface Culture {
  readonly share: number
  /** BCP 47, the mother tongue as a profile states it; one is drawn. */
  readonly tongues: readonly string[]
  readonly given: readonly string[]
  readonly family: readonly string[]
  /** In the script of their own, family name first where that is the custom. */
  readonly native?: { readonly given: readonly string[]; readonly family: readonly string[] }
  readonly isFamilyFirst?: boolean
  readonly cities: readonly string[]
}

const words = (text: string) => text.trim().split(/\s+/)
const lines = (text: string) => text.split('|').map((line) => line.trim())

export const CULTURES: readonly Culture[] = [
  {
    share: 28,
    tongues: ['en', 'en-GB', 'en-US', 'en'],
    given: words(
      'James Mary Olivia Noah Emma Ruby Jack Charlotte Grace Oscar Julia Ada Taylor Siân Seán',
    ),
    family: words(
      "Smith Taylor Baker O'Brien Fisher Carpenter Mason Wright Cooper Jones O'Neill Lovelace Shepherd Rivers",
    ),
    cities: lines(
      'London|New York|San Francisco|Dublin|Toronto|Sydney|Manchester|Boston|Seattle|Austin',
    ),
  },
  {
    share: 12,
    tongues: ['de', 'de', 'de-AT', 'de-CH'],
    given: words('Jürgen Zoë Björn Lukas Anna Käthe Günther Sophie Max Jörg'),
    family: words('Müller Schmidt Weiß Schäfer Bauer Köhler Groß Fischer Vogel Krüger'),
    cities: lines('Berlin|München|Hamburg|Köln|Wien|Zürich|Leipzig'),
  },
  {
    share: 8,
    tongues: ['fr', 'fr', 'fr-CA', 'fr-BE'],
    given: words('Chloé François Hélène Jérôme Amélie Benoît Camille Noémie'),
    family: words('Lefèvre Dubois Béranger Moreau Côté Garçon Rousseau Gagné'),
    cities: lines('Paris|Lyon|Montréal|Marseille|Bruxelles'),
  },
  {
    share: 9,
    tongues: ['es', 'es', 'es-MX', 'es-AR'],
    given: words('José María Íñigo Lucía Ángel Sofía Martín Inés Andrés'),
    family: words('García Núñez Muñoz Fernández López Ibáñez Rodríguez Peña'),
    cities: lines('Madrid|Barcelona|Ciudad de México|Buenos Aires|Bogotá'),
  },
  {
    share: 6,
    tongues: ['pt-BR', 'pt-BR', 'pt', 'pt-PT'],
    given: words('João Conceição Luís Beatriz Antônio Thaís Inácio'),
    family: words('Silva Gonçalves Araújo Magalhães Sousa Brandão Simões'),
    cities: lines('São Paulo|Lisboa|Porto|Rio de Janeiro|Brasília'),
  },
  {
    share: 7,
    tongues: ['ru'],
    given: words('Vladimir Anna Dmitri Olga Sergei Natalia Pavel Irina'),
    family: words('Ivanov Smirnova Kuznetsov Petrova Sokolov Morozova'),
    native: {
      given: words('Владимир Анна Дмитрий Ольга Сергей Наталья Павел Ирина'),
      family: words('Иванов Смирнова Кузнецов Петрова Соколов Морозова'),
    },
    cities: lines('Москва|Санкт-Петербург|Tbilisi|Yerevan'),
  },
  {
    share: 7,
    tongues: ['pl', 'cs', 'sk', 'uk'],
    given: words('Łukasz Małgorzata Jiří Kateřina Oleksandr Žofie Paweł Ludmila'),
    family: words('Wójcik Dvořák Kowalska Nováková Shevchenko Żukowski Černý'),
    cities: lines('Warszawa|Kraków|Praha|Brno|Kyiv|Łódź'),
  },
  {
    share: 5,
    tongues: ['sv', 'da', 'nb', 'fi', 'nl'],
    given: words('Åsa Søren Øystein Matti Bjørk Femke Jens Ingrid'),
    family: words('Sjöberg Østergaard Nyström Mäkinen Håkansson Jansen Lindqvist'),
    cities: lines('Stockholm|København|Oslo|Helsinki|Amsterdam|Malmö'),
  },
  {
    share: 4,
    tongues: ['tr'],
    given: words('Gökhan Şule İbrahim Çağla Ayşe Uğur'),
    family: words('Yılmaz Öztürk Çelik Doğan Şahin'),
    cities: lines('İstanbul|Ankara|İzmir'),
  },
  {
    share: 4,
    tongues: ['ar', 'ar', 'ar-EG'],
    given: words('Fatima Omar Layla Yusuf Amina'),
    family: words('Haddad Mansour Khalil Nasser'),
    native: { given: words('فاطمة عمر ليلى يوسف'), family: words('حداد منصور خليل ناصر') },
    cities: lines('Cairo|Beirut|Dubai|Casablanca'),
  },
  {
    share: 5,
    tongues: ['hi', 'hi', 'ta', 'bn'],
    given: words('Priya Arjun Ananya Rohan Lakshmi Vikram'),
    family: words('Sharma Patel Iyer Banerjee Singh'),
    native: { given: words('प्रिया अर्जुन अनन्या रोहन'), family: words('शर्मा पटेल सिंह वर्मा') },
    cities: lines('Mumbai|Bengaluru|Delhi|Chennai'),
  },
  {
    share: 5,
    tongues: ['ja'],
    given: words('Hiroshi Yuki Sakura Kenji Akira'),
    family: words('Tanaka Satō Itō Kobayashi Yamamoto'),
    native: { given: words('浩 由紀 桜 健二 明'), family: words('田中 佐藤 伊藤 小林 山本') },
    isFamilyFirst: true,
    cities: lines('Tokyo|東京|Osaka|Kyoto'),
  },
  {
    share: 6,
    tongues: ['zh', 'zh-Hans', 'zh-Hant', 'vi'],
    given: words('Wei Xiaoming Nguyệt Lǐ Thảo Jing Mei'),
    family: words('Wang Zhang Nguyễn Trần Chen Lü'),
    native: { given: words('伟 小明 静 美'), family: words('王 张 陈 李') },
    isFamilyFirst: true,
    cities: lines('Shanghai|北京|Taipei|Hà Nội|Singapore'),
  },
]
