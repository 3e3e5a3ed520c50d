/** Skills of people who make things with their hands, for the eye or for the ear; as in concepts-software.ts. */
export const CRAFTS: Record<string, string> = {
  design: `
    Photography | photos | ru:фотография | es:fotografía | ja:写真 | hi:फोटोग्राफी | ar:التصوير
    Graphic Design | graphics design | ar:التصميم الجرافيكي | ru:графический дизайн | es:diseño gráfico | de:Grafikdesign
    Photoshop | Adobe Photoshop
    Figma
    UX Design | UX | user experience
    Illustration | illustrations | illustrator
    Video Editing | ru:видеомонтаж | ja:動画編集 | es:edición de vídeo
    UI Design | UI | user interface design
    Animation | ja:アニメーション
    Typography | de:Typografie
    Cinéma | cinema | film making
    Screenwriting | script writing
    Branding
    UX Research
    Color Theory | colour theory
    Calligraphy | ar:الخط العربي | ja:書道`,
  music: `
    Guitar | guitars | es:guitarra | ru:гитара | de:Gitarre
    Piano | ja:ピアノ | ru:фортепиано | de:Klavier
    Music Production
    Singing | ru:пение | de:Gesang
    Music Theory
    Drums | drumming
    Violin | violins | de:Geige
    Songwriting
    Sound Design
    Ableton Live | Ableton
    Audio Mixing | mixing
    Jazz Improvisation
    Cello | violoncello
    Choir Conducting
    DJing`,
  trades: `
    Carpentry | carpenter | de:Tischlerei | fr:menuiserie
    Welding | welder | de:Schweißen | es:soldadura | ru:сварка
    Woodworking | wood working
    Sewing | ja:裁縫 | ru:шитьё
    Bicycle Repair | bike repair | bicycles
    Plumbing | plumber
    Knitting | de:Stricken
    Car Mechanics | auto repair | ru:ремонт автомобилей
    Electrical Installation | electrician
    Masonry | bricklaying
    House Painting
    Pottery | ceramics | ja:陶芸
    Tiling
    Leatherworking | leather working
    Blacksmithing | blacksmith
    Roofing
    Locksmithing
    Upholstery
    Glassblowing | glass blowing
    HVAC`,
  outdoors: `
    Gardening | ru:садоводство | de:Gärtnern | fr:jardinage | ja:園芸
    Hiking | de:Wandern
    First Aid | de:Erste Hilfe | fr:premiers secours
    Sailing | sailboats | de:Segeln
    Beekeeping | bee keeping | beekeeper | de:Imkerei | fr:apiculture | ru:пчеловодство
    Rock Climbing | climbing
    Fishing | ru:рыбалка
    Scuba Diving | diving
    Astronomy | ru:астрономия | ar:علم الفلك | fr:astronomie
    Dog Training | dogs
    Permaculture
    Birdwatching | bird watching
    Horse Riding | horseback riding
    Mushroom Foraging | mushrooms
    Mountaineering
    Scale Modelling | scale models | scale modeling`,
  food: `
    Cooking | cook | ru:кулинария | ja:料理 | fr:cuisine | zh:烹饪 | hi:खाना बनाना | ar:الطبخ
    Bread Baking | bread
    Pastry | pâtisserie
    Home Brewing | brewing | homebrewing
    Coffee Roasting
    Wine Making | winemaking
    Vegan Cooking
    Cheese Making | cheesemaking
    Fermentation
    Sushi | ja:寿司`,
  games: `
    Chess | ru:шахматы | de:Schach | es:ajedrez | hi:शतरंज
    Board Game of Go | baduk | weiqi | ja:囲碁 | zh:围棋
    Poker
    Contract Bridge
    Crossword Puzzles | crosswords
    Role-playing Games | RPGs | tabletop RPG`,
}
