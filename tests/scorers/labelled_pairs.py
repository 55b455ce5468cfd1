"""Pairs of a gold answer and another answer, with the verdict that a careful person gives; grouped by kind."""

# ruff: noqa: E501

from answer_pairs import NO as LATE_NO
from answer_pairs import YES as LATE_YES
from foreign_pairs import NO as FOREIGN_NO
from foreign_pairs import YES as FOREIGN_YES
from model_pairs import NO as MODEL_NO
from model_pairs import YES as MODEL_YES
from more_pairs import NO as MORE_NO
from more_pairs import YES as MORE_YES
from sentence_pairs import NO as SENTENCE_NO
from sentence_pairs import YES as SENTENCE_YES

YES: dict[str, list[tuple[str, str]]] = {
    "integer": [
        ("7", "7.0"), ("-12", "−12"), ("48", " 48 "), ("48", "$48$"), ("48", r"\boxed{48}"), ("48", r"\[48\]"),
        ("48", "48."), ("1234", "1,234"), ("1234", "1{,}234"), ("1234", r"1\,234"), ("1234", "1 234"),
        ("7654321", r"7,\!654,\!321"), ("12,345", "12345"), ("0", "-0"), ("17", "017"), ("17", "+17"), ("6", "{6}"),
        ("64", "2^6"), ("120", "5!"), ("56", r"\binom{8}{3}"), ("5000", r"5\times 10^3"), ("5000", "5e3"),
        ("9", r"\sqrt{81}"), ("-3", r"\sqrt[3]{-27}"), ("31", r"\text{31}"), ("12", "twelve"), ("45", "forty-five"),
        (r"\mathrm{XIV}", "14"), ("${-}8$", "-8"), ("2^{3001}", r"2\cdot 2^{3000}"), ("8", r"8\text{ apples}"),
        ("8", "8 apples"), ("1000000", "10^6"), ("105", r"7\cdot 15"), ("11", r"\:11"), ("23", r"\displaystyle 23"),
    ],
    "fraction": [
        (r"\frac{3}{7}", r"\dfrac{3}{7}"), (r"\frac{3}{7}", r"\tfrac37"), (r"\frac37", "3/7"), (r"\frac 37", "6/14"),
        (r"\frac{3}{8}", "0.375"), (r"\frac{3}{8}", ".375"), (r"-\frac{2}{5}", r"\frac{-2}{5}"), (r"\frac9{14}", r"\frac{9}{14}"),
        (r"-\frac25", r"\frac{2}{-5}"), (r"\frac{45}7", r"\frac{45}{7}"), ("1/3", r"0.\overline{3}"), ("1/3", r"0.\bar{3}"),
        (r"\frac{7}{30}", r"0.2\overline{3}"), (r"\frac{1}{7}", r"0.\overline{142857}"), (r"2\frac{1}{3}", r"\frac{7}{3}"),
        (r"2\tfrac13", "7/3"), (r"2 \frac{1}{3}", "2 1/3"), (r"-1\frac12", "-1.5"), (r"\frac{1}{2}", "½"), ("5½", r"\frac{11}{2}"),
        (r"\frac{366}{31\times 24}", r"\frac{61}{124}"), (r"\frac{1}{\frac{2}{3}}", r"\frac32"), (r"\left(\frac{2}{3}\right)^3", r"\frac{8}{27}"),
        (r"\frac{2}{3}", "0.666..."), (r"3^{-2}", r"\frac19"), (r"\frac{5}{1}", "5"), (r"\frac{0}{9}", "0"),
    ],
    "decimal": [
        ("2.50", "2.5"), (".125", "0.125"), ("0.00045", r"4.5\times 10^{-4}"), ("0.00045", "4.5e-4"), ("1,234.5", "1234.5"),
        ("0.67", r"\frac{2}{3}"), ("3.142", r"\pi"), ("14.63", "14.6299"), ("-0.333", "-1/3"), ("1.414", r"\sqrt{2}"),
        ("0.297", "0.29711"), ("6.25", r"\frac{25}{4}"), ("614.519...", "614.5193"), ("2.0", "2"), ("0.05", r"\frac1{20}"),
    ],
    "percent": [
        (r"35\%", "35"), (r"35\%", "35%"), ("35", r"35\%"), (r"35\%", r"35 \text{ percent}"), (r"35\%", "0.35"),
        (r"12.5\%", r"12\frac12\%"), (r"9\frac{1}{11}\%", r"\frac{100}{11}\%"), (r"35\%", r"\frac{7}{20}"),
    ],
    "money": [
        (r"\$18", "18"), (r"\$18", r"\textdollar 18"), (r"\textdollar{1500}", "1,500"), (r"\$2.50", "2.5"), (r"\$2.50", r"\$2.50"),
        (r"18\text{ dollars}", r"\$18"), (r"\$0.45", r"45\text{ cents}"), (r"\$12,\!500", "12500"), ("-\\$5", "-5"),
    ],
    "degrees": [
        (r"72^\circ", "72"), (r"72^\circ", r"72^{\circ}"), (r"72^\circ", "72°"), (r"72^\circ", r"72\text{ degrees}"), ("72", r"72^\circ"),
        (r"72^\circ", "72 degrees"), (r"137^\circ 30'", r"137.5^\circ"), (r"45^\circ", r"\frac{\pi}{4}"), (r"\frac{360}{7}^\circ", r"\frac{360}7\text{ degrees}"),
        (r"22\frac12^\circ", "22.5"), (r"\tan 45^\circ", "1"), (r"\cos 60^\circ", r"\frac12"),
    ],
    "units": [
        (r"15\text{ cm}", "15"), ("15", r"15\text{ cm}"), (r"15\mbox{ cm}^2", r"15\text{ cm}^2"), (r"15\mbox{ cm}^2", r"15\ \mathrm{cm}^{2}"),
        (r"15\text{ cm}^2", r"15 \text{ square centimeters}"), (r"15\text{ cm}", "15 cm"), (r"34\text{ mph}", "34 miles per hour".replace("miles per hour", "mph")),
        (r"24\text{ in}^3", "24 cubic inches"), (r'5"', r"5\text{ inches}"), (r"16''", "16 in"), (r"3\text{ m}", r"300\text{ cm}"), (r"2\text{ hours}", r"120\text{ minutes}"),
        (r"4 \mathrm{~m} / \mathrm{s}", r"4\text{ m/s}"), (r"18 \text{minutes}", "18 min"), (r"54\text{ sq.cm}", r"54\text{ cm}^2"),
        (r"5\text{ m}", "5 m"), (r"12\text{ marbles}", "12"), (r"50\text{ cm}", r"\text{50 cm}"), (r"\frac{5}{2\pi}\text{ in}", r"\frac{5}{2\pi}"), (r"7\sqrt2\text{ units}", r"7\sqrt{2}"),
    ],
    "base": [
        ("31_4", "31_{4}"), ("31_4", r"31_{\text{four}}"), ("31_4", "(31)_4"), ("31_4", "31 (base 4)"), ("101101_2", "101101_{(2)}"), ("31_4", r"31_{\text{base }4}"), ("31_4", "031_4"),
    ],
    "radical": [
        (r"3\sqrt{5}", r"3\sqrt5"), (r"3\sqrt5", "3*sqrt(5)"), (r"3\sqrt5", "3√5"), (r"3\sqrt{5}", r"\sqrt{45}"), (r"\frac{\sqrt{3}}{3}", r"\frac{1}{\sqrt{3}}"),
        (r"\sqrt{5+2\sqrt6}", r"\sqrt2+\sqrt3"), (r"\frac{1}{\sqrt2-1}", r"\sqrt2+1"), (r"\sqrt[3]{54}", r"3\sqrt[3]{2}"), (r"2^{1/2}", r"\sqrt{2}"), (r"\frac{\sqrt7}{2}", r"\sqrt{\frac74}"),
        (r"4+2\sqrt3", r"(1+\sqrt3)^2"), (r"\frac12\sqrt3", r"\frac{\sqrt3}{2}"), (r"0.5\sqrt{3}", r"\frac{\sqrt{3}}{2}"), (r"\sqrt{1+\sqrt{1+\sqrt{64}}}", "2"), (r"\sqrt{12}-\sqrt3", r"\sqrt3"), (r"8^{2/3}", "4"),
        (r"\frac{1+\sqrt5}{2}", r"\frac{2}{\sqrt5-1}"), (r"7^{0.5}", r"\sqrt7"),
    ],
    "constant": [
        (r"12\pi", r"12 \pi"), (r"12\pi", "12π"), (r"12\pi", "12*pi"), (r"\frac{\pi}{6}", r"\pi/6"), (r"\frac{3\pi}{2}", r"1.5\pi"), (r"4\pi-2\sqrt3", r"2(2\pi-\sqrt{3})"), (r"\ln 8", r"3\ln 2"), (r"\log_2 32", "5"),
        (r"\log_4 8", r"\frac32"), (r"e^{\ln 5}", "5"), (r"\sin\frac{\pi}{3}", r"\frac{\sqrt3}{2}"), (r"\arctan 1", r"\frac{\pi}{4}"), (r"\cos 36^\circ", r"\frac{1+\sqrt5}{4}"), (r"\sum_{k=1}^{10}k^2", "385"), (r"\prod_{k=1}^{5}k", "120"),
        (r"\tan^{-1}(1)", r"\frac\pi4"), (r"\frac{20000}{\pi}", r"20000\pi^{-1}"), (r"\lfloor 7.9\rfloor", "7"), (r"|-4|", "4"), (r"\frac{e-1}{2}", r"\frac{e}{2}-\frac12"), (r"\gcd(84,36)", "12"), (r"\log 100", r"\ln 100"),
        (r"\frac{10!}{5!5!}", r"\binom{10}{5}"), (r"9^{36}+4", r"3^{72}+4"), (r"\cos(6^\circ)\sin(12^\circ)", r"\sin 12^\circ\cos 6^\circ"),
    ],
    "complex": [
        ("3+4i", "4i+3"), ("3+4i", r"3+4\mathrm{i}"), ("-i", r"\frac{1}{i}"), ("2i", "(1+i)^2"), (r"\frac{1+i\sqrt{3}}{2}", r"\frac12+\frac{\sqrt3}{2}i"), ("-1", "i^2"), ("-1", r"e^{i\pi}"), ("5", "|3+4i|"), (r"\sqrt{-9}", "3i"),
    ],
    "expression": [
        ("(x+2)(x-3)", "x^2-x-6"), ("2x+6", "2(x+3)"), (r"\frac{x^2-1}{x-1}", "x+1"), ("a^2-b^2", "(a-b)(a+b)"), ("p-q", "-(q-p)"), (r"\frac{xy}{y-x}", r"\frac{-xy}{x-y}"), (r"\frac{a}{b}", "a/b"), ("3R^2", "3*R^2"), ("x^{10}", "x^10"),
        (r"\cot x", r"\frac{\cos x}{\sin x}"), (r"\sin 2x", r"2\sin x\cos x"), (r"\sin^2\theta", r"1-\cos^2\theta"), (r"2^{n+1}", r"2\cdot 2^n"), (r"\binom{n}{2}", r"\frac{n(n-1)}{2}"), ("n!", "n(n-1)!"), (r"\sqrt{\frac{x}{y}}", r"\frac{\sqrt{x}}{\sqrt{y}}"),
        (r"x^{\frac{3}{4}}", r"\sqrt[4]{x^3}"), (r"\ln(xy)", r"\ln x+\ln y"), (r"\frac{1}{1-x}", r"(1-x)^{-1}"), (r"y_{3}-y_{1}", "y_3-y_1"), (r"\sum_{k=1}^n k", r"\frac{n^2+n}{2}"), (r"\left\lceil\frac n2\right\rceil", r"\left\lfloor\frac{n+1}{2}\right\rfloor"),
        ("ab", "ba"), (r"a\cdot b", "ab"), ("xyz", "zyx"), ("5r^5", "r^5*5"), (r"\frac{11+9a}{20}", "0.55+0.45a"), (r"e^{-x}", r"\frac{1}{e^x}"), (r"(-1)^{n-1}", r"(-1)^{n+1}"), (r"x^2y", "yx^2"), (r"\alpha+\beta", r"\beta + \alpha"), ("2k+2", "2(k+1)"), (r"\frac{3^n-1}{2}", r"\frac12(3^n-1)"),
        (r"\sec^2x", r"1+\tan^2x"), (r"\frac{n(n+1)(2n+1)}{6}", r"\sum_{i=1}^n i^2"),
    ],
    "equation": [
        ("x=7", "7"), ("7", "x=7"), ("x=7", "7=x"), ("y=3x-2", "y = -2+3x"), ("y=3x-2", "3x-y-2=0"), ("y=3x-2", "6x-2y=4"), ("3x+4y=12", r"\frac{x}{4}+\frac{y}{3}=1"), ("x^2+y^2=9", "9-x^2-y^2=0"), ("f(x)=2x+1", "2x+1"), ("y=-2x", "-2x"),
        (r"A=\pi r^2=16\pi", r"16\pi"), ("x=7", "2x=14"), ("f(x)=x^2", "f(x)=x\\cdot x"), (r"\angle ABC=35^\circ", "35"), ("m+n=17", "17"), (r"AB=2\sqrt3", r"\sqrt{12}"), (r"(x,y)=(1,2)", "(1,2)"), ("x=1,y=2", "(1,2)"), ("(x,y)=(1,2)", "y=2, x=1"),
        (r"x=1\text{ or }x=-4", "-4, 1"), (r"x=\pm 3", r"3,-3"), (r"P(x)=x+4", "x+4"), (r"2\binom{10}{5}=504", "504"), (r"\pi\approx 3.14", r"\pi"), (r"x\in\{1,5\}", r"\{5,1\}"), ("a=b", "b=a"), (r"\text{Area}=12", "12"),
    ],
    "tuple": [
        ("(2,5)", "(2, 5)"), ("(2,5)", r"\left(2,5\right)"), ("(2,5)", "2,5"), (r"(\frac12,3)", "(0.5,3)"), (r"\left(3,\frac{\pi}{2}\right)", r"(3,\pi/2)"), ("(1,-2,3)", r"\langle 1,-2,3\rangle"), ("(1,-2,3)", r"\begin{pmatrix}1\\-2\\3\end{pmatrix}"), (r"( \frac 45, \frac 25 )", "(4/5,2/5)"),
        ("(n,n+1)", "(n,1+n)"), ("(100,200)", "(100, 200)"), (r"(\sqrt4,1)", "(2,1)"), ("(E,O,E)", r"(\text{E},\text{O},\text{E})"),
    ],
    "interval": [
        ("[2,5)", r"\left[2,5\right)"), (r"(-\infty,4]", r"x\le 4"), (r"x\le 4", r"(-\infty, 4]"), ("[-1,6]", r"-1\le x\le 6"), (r"x\in[-1,6]", "[-1,6]"), ("[-1,6]", r"x\in[-1,6]"), (r"(3,\infty)", "x>3"), (r"(3,\infty)", "3<x"), (r"(3,\infty)", r"(3,+\infty)"), (r"(0,1)\cup(2,3)", r"(2,3)\cup(0,1)"),
        (r"(-\infty,1)\cup(1,\infty)", r"x\ne 1"), (r"\mathbb{R}\setminus\{1\}", r"(-\infty,1)\cup(1,\infty)"), (r"(-\infty,-2]\cup[2,\infty)", r"x\le-2\text{ or }x\ge 2"), (r"\{x\mid 2<x<3\}", "(2,3)"), (r"[0,2]\cup[1,5]", "[0,5]"), (r"\mathbb{R}", r"(-\infty,\infty)"), (r"\mathbb R", "all real numbers"),
        (r"\left[\frac{5}{12},\frac23\right]", "[5/12,2/3]"), ("(−∞,0)", r"(-\infty,0)"), (r"x>2,x<5", "2<x<5"), (r"\{x:x>0\}", "x>0"),
    ],
    "inequality": [
        ("x>4", "4<x"), (r"x\geq 4", "x>=4"), (r"x\le y", r"y\ge x"), ("0<x<1", "1>x>0"), (r"s^2\le 8r^2", r"8r^2\ge s^2"), ("2x>8", "8<2x"), (r"n\neq 3", r"3\ne n"), ("a+b>0", "0<b+a"), ("x-y>0", "x>y"), (r"x\leqslant 4", r"x \le 4"), (r"a>9, b>6", "b>6, a>9"), (r"\frac12<\frac23<\frac34", r"\frac{1}{2}<\frac{2}{3}<\frac{3}{4}"),
    ],
    "set or list": [
        (r"\{1,2,3\}", r"\{3,1,2\}"), (r"\{1,2,3\}", "1,2,3"), ("4, 6, 8", "8,6,4"), ("4,6", r"4\text{ and }6"), (r"9\text{ or }3", "3,9"), (r"\text{either }2\text{ or }7", "2, 7"), (r"\pm 5", "5,-5"), (r"2\pm\sqrt3", r"2+\sqrt3, 2-\sqrt3"), (r"\{1\pm\sqrt5,-2\}", r"-2,1+\sqrt5,1-\sqrt5"), (r"\pm 5", r"\{-5,5\}"),
        (r"(1,2),(3,4)", "(3,4),(1,2)"), (r"(1,2)\text{ and }(2,1)", "(2,1), (1,2)"), (r"\emptyset", r"\{\}"), (r"\emptyset", r"\text{no solution}"), (r"\{\frac12\}", "0.5"), ("1;2", "1, 2"), ("100, 200", "100,200"), (r"\{4\}", "4"), (r"\{a,b\}", r"\{b,a\}"), (r"1,-i,i", r"i,-i,1"), (r"\pm\sqrt{2}", r"\mp\sqrt2"), ("(1,2)(3,4)", "(1,2), (3,4)"),
    ],
    "matrix": [
        (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", r"\begin{bmatrix}1&2\\3&4\end{bmatrix}"), (r"\begin{pmatrix}1/2\\3\end{pmatrix}", r"\begin{pmatrix}\frac12\\3\end{pmatrix}"), (r"\begin{pmatrix}2/7\\4/7\end{pmatrix}", r"\frac17\begin{pmatrix}2\\4\end{pmatrix}"), (r"\begin{pmatrix}1&0\\0&1\end{pmatrix}", r"\begin{pmatrix} 1 & 0 \\ 0 & 1 \\ \end{pmatrix}"),
        (r"\begin{pmatrix}1\\2\end{pmatrix}", r"\left[\begin{array}{c}1\\2\end{array}\right]"), (r"\begin{pmatrix}-1\\2\end{pmatrix}", r"-\begin{pmatrix}1\\-2\end{pmatrix}"),
    ],
    "ratio": [("3:4", "6:8"), ("3: 4", "3 : 4"), ("3:4", r"\frac34"), (r"1:\sqrt2", r"\sqrt2:2"), ("2:3:5", "4:6:10"), (r"a^2:b^2", r"3a^2:3b^2")],
    "time": [(r"5\text{:}45\text{ p.m.}", "5:45 PM"), (r"\text{4:10 a.m.}", "4:10 am"), ("4:10 a.m.", "4:10"), (r"7:21\textsc{pm}", "7:21 p.m.")],
    "text": [
        (r"\text{Alice}", "Alice"), (r"\text{Alice}", "alice."), (r"\text{Yes}", "yes"), ("No", "No, it is impossible"), (r"\text{an isosceles triangle}", "isosceles triangle"), (r"\text{remains stationary}", "remains   stationary"), (r"\textbf{I, II}\text{ and }\textbf{III}", r"\text{I, II, and III}"), (r"\text{even}", r"\textbf{even}"),
        (r"\text{less than }\frac12", r"\text{less than } \dfrac{1}{2}"), ("Thursday", r"\textrm{Thursday}"), (r"\text{three}", "3"),
    ],
    "choice": [(r"\text{(B)}", "B"), (r"\text{(B)}", "(B)"), ("B", r"\textbf{(B)}"), (r"\text{(B)}", r"\textbf{(B)}\ 17"), ("B", "(B) 17"), ("B", "B. 17"), ("17", r"\textbf{(B)}\ 17"), ("17", "(B) 17"), (r"\frac12", r"\text{(B) }\frac{1}{2}"), (r"\text{B}", "B")],
}  # fmt: skip

NO: dict[str, list[tuple[str, str]]] = {
    "integer": [
        ("7", "8"), ("7", "-7"), ("1200974", "1201054"), ("1000000", "1000001"), ("10", "100"), ("10", "1000"), ("123", "1230"), ("5", "5.001"), ("2^{2012}", "2^{2013}"), ("2^{300}", "2^{300}+1"), ("12", "1, 2"), ("12", "(1,2)"), ("0", ""), ("7", "seventeen"), ("1", "0.9999999"), ("64", "2^5"),
        ("4", r"2\pm 2"), ("3", "3 or 4"), ("14", r"\mathrm{XVI}"), ("5", "5x"), ("35", "0.35"), ("0.35", "35"), ("9^{9^{9}}", "9"), ("24", r"\text{the number of ways}"), ("42", "I do not know"), ("10^{50}", r"\sqrt{10^{100}+1}"),
    ],
    "fraction": [
        (r"\frac{3}{7}", r"\frac{7}{3}"), (r"\frac{3}{7}", "0.43"), (r"\frac{1}{3}", "0.33"), (r"\frac13", "0.333333"), (r"2\frac13", r"\frac23"), (r"\frac{3}{7}", r"-\frac{3}{7}"), (r"\frac{1}{1000}", r"\frac{1}{1001}"), (r"\frac12", r"\frac{1}{2}\text{ or }\frac13"), (r"\frac{3}{4}", "3"), ("1/9", r"0.\overline{12}"), (r"\frac{5}{12}", "5,12"), (r"\frac{10}{3}", r"3\frac{2}{3}"),
    ],
    "decimal": [
        ("0.5", "0.52"), ("2.5", "2.53"), ("0.125", "0.12"), ("3.142", "3.14"), ("1.25", "1.26"), ("0.000001", "0.000002"), ("10^{-12}", "2\\cdot 10^{-12}"), ("0.001", "0"), ("6.02", "6.03"), ("12.5", "125"), ("1e-20", "1e-21"), ("4.5", r"1+2\sqrt3"),
    ],
    "percent": [(r"35\%", "3.5"), (r"35\%", "3500"), (r"0.35\%", "35"), (r"35\%", r"36\%"), (r"35\%", "0.0035")],
    "money": [(r"\$18", r"\$19"), (r"\$18", r"18\text{ cents}"), (r"\$2.50", "250")],
    "degrees": [(r"72^\circ", "27"), (r"\sin 30^\circ", r"\sin 30"), (r"90^\circ", r"\pi"), (r"30^\circ", r"30^\circ, 60^\circ"), (r"\cos 20^\circ", r"\cos 20"), (r"60^\circ", r"\frac{\pi}{6}")],
    "units": [(r"5\text{ cm}", r"5\text{ m}"), (r"5\text{ cm}", r"5\text{ mm}"), (r"15\text{ cm}^2", r"15\text{ cm}"), (r"3\text{ hours}", r"3\text{ minutes}"), (r"15\text{ cm}", "16 cm"), (r"5\text{ kg}", r"5\text{ m}"), (r"12\text{ or more}", "12"), ("3", r"\text{more than }3"), ("12", r"12\text{ at least}"), (r"3\text{ m}", r"3\text{ m/s}")],
    "base": [("31_4", "31_5"), ("31_4", "31"), ("31_4", "13"), ("31_4", "31_8"), ("101_2", "110_2"), ("121_3", "16")],
    "radical": [(r"3\sqrt5", r"5\sqrt3"), (r"3\sqrt5", "3*5"), (r"\sqrt{2}", "2"), (r"\sqrt2", "1.41421356"), (r"\sqrt{2}+\sqrt3", r"\sqrt5"), (r"\sqrt[3]{2}", r"\sqrt2"), (r"3\sqrt5", r"-3\sqrt5"), (r"\sqrt{x^2}", "x"), (r"2\sqrt{3}", r"2\sqrt{3.0001}"), (r"\frac{\sqrt3}{2}", r"\frac{3}{2}")],
    "constant": [(r"12\pi", "12"), (r"\pi", "3.14"), (r"\pi", r"\frac{22}{7}"), (r"\pi", "3.14159265358979"), (r"12\pi", r"12\pi^2"), (r"\ln 2", r"\log_2 e"), (r"\sin 1", r"\cos 1"), ("e", "2.718281828"), (r"1+e^{-1000}", "1"), (r"\frac{\pi}{6}", r"\frac{\pi}{3}"), (r"e^{\pi\sqrt{163}}", "262537412640768744"), (r"\infty", "10^{100}"), (r"\infty", r"-\infty")],
    "complex": [("3+4i", "3-4i"), ("3+4i", "4+3i"), ("i", "-i"), ("1", "i"), ("3+4i", "(3,4)"), ("2i", "2")],
    "expression": [
        ("x+1", "x-1"), ("x^2", "x^3"), ("2x", "2y"), ("x+y", "xy"), ("(x+1)^2", "x^2+1"), (r"\sin x", r"\cos x"), ("|x|", "x"), ("2^n", "n^2"), (r"\binom n2", r"\binom n3"), ("x+1", "y=3(x+1)"), (r"\frac1{x+1}", r"\frac1x+1"), ("2n-1", "2n+1"), ("a-b", "b-a"), (r"(-1)^n", r"(-1)^{n+1}"), ("x", "5"), ("5", "x"), (r"\lfloor x\rfloor", "x"), (r"\log_2 n", r"\ln n"),
        ("x^{100}", "x^{101}"), ("n^2+n+41", "n^2+n+42"), ("a^2+b^2", "(a+b)^2"), (r"\lceil\frac n2\rceil", r"\lfloor\frac n2\rfloor"), ("k", "K"),
    ],
    "equation": [
        ("x=5", "y=5"), ("x=5", "x=6"), ("5", "2x=5"), ("5", "x^2=5"), ("y=2x+3", "y=2x-3"), ("y=2x+3", "y=3x+2"), ("x^2+y^2=9", "x^2+y^2=3"), ("3", r"x\ne 3"), ("3", "x>3"), ("x=5", "x<5"), ("x+1", "x+1=0"), ("f(x)=x", "f(x)=-x"), ("(x,y)=(1,2)", "(2,1)"), ("x=1,y=2", "x=2,y=1"), ("4", "1+2=4".replace("4", "3")), (r"x=1\text{ or }x=2", "x=1"), ("7", "x=y=7z"),
    ],
    "tuple": [("(2,5)", "(5,2)"), ("(2,5)", r"\{2,5\}"), ("(2,5)", "(2,5,0)"), ("(2,5)", "2"), ("(2,5)", "25"), ("(1,2,3)", "(1,2,4)"), ("(1,2)", "1.2"), ("(2,5)", "5,2"), ("(1,2)", r"\frac12")],
    "interval": [("[2,5]", "(2,5)"), ("[2,5)", "(2,5]"), (r"(3,\infty)", "3"), (r"(3,\infty)", r"[3,\infty)"), (r"(0,1)\cup(2,3)", "(0,3)"), (r"(0,1)\cup(2,3)", "(0,1)"), (r"x\le 4", "x<4"), ("[-1,6]", r"-1<x<6"), (r"x\ne 1", "1"), (r"\mathbb R", r"x\ne 0"), ("(2,3)", r"\{2,3\}"), (r"(-\infty,3)", r"(3,\infty)"), (r"[0,\infty)", r"[0,1]"), (r"x>2\text{ or }x<1", "1<x<2")],
    "inequality": [("x>4", "x<4"), ("x>4", r"x\ge 4"), ("x>4", "4"), (r"x\le y", r"y\le x"), ("0<x<1", "0<x<2"), ("a>b", "b>a"), (r"n\ne 3", "n=3"), ("x>4", "y>4"), (r"s^2\le 8r^2", r"s^2\ge 8r^2"), ("a>9, b>6", "a>6, b>9")],
    "set or list": [(r"\{1,2,3\}", r"\{1,2\}"), (r"\{1,2\}", r"\{1,2,3\}"), ("4,6", "4"), ("4", "4,6"), (r"\pm 5", "5"), ("5", r"\pm 5"), ("1,2,3", "1,2,4"), ("1,1,2", "1,2,2"), ("(1,2),(3,4)", "(1,2)"), ("(1,2),(3,4)", "(2,1),(4,3)"), (r"\emptyset", "0"), (r"\{0\}", r"\emptyset"), (r"2\pm\sqrt3", r"2+\sqrt3"), ("3, 4", "34"), (r"\{1,2\}", "12")],
    "matrix": [(r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", r"\begin{pmatrix}1&3\\2&4\end{pmatrix}"), (r"\begin{pmatrix}1\\2\end{pmatrix}", r"\begin{pmatrix}1&2\end{pmatrix}"), (r"\begin{pmatrix}1\\2\end{pmatrix}", r"\begin{pmatrix}1\\3\end{pmatrix}"), (r"\begin{pmatrix}1\\2\end{pmatrix}", "(2,1)"), (r"\begin{pmatrix}1\\2\end{pmatrix}", "3")],
    "ratio": [("3:4", "4:3"), ("3:4", "3:5"), ("2:3:5", "2:5:3"), ("3:4", "34"), ("3:4", "3,4")],
    "time": [("4:10 a.m.", "4:10 p.m."), ("5:45 p.m.", "5:54 p.m."), ("4:10 a.m.", "4")],
    "text": [(r"\text{Alice}", "Bob"), (r"\text{Yes}", "No"), ("even", "odd"), (r"\text{Alice}", "Alice and Bob"), (r"\text{east}", "seat"), (r"\text{I and II}", r"\text{I and III}"), (r"\text{true}", "1"), (r"\text{no root}", "0"), ("Tuesday", "Thursday"), ("ellipse", "")],
    "choice": [(r"\text{(B)}", "C"), (r"\text{(B)}", r"\textbf{(C)}\ 17"), ("17", r"\textbf{(B)}\ 18"), ("B", "A or B"), ("B", "BC"), (r"\text{(B)}", "17")],
    "hostile": [
        ("5", "__import__('os').system('true')"), ("5", r"\text{5; import os}"), ("5", "exit()"), ("5", "[].__class__"), ("5", r"\foo\bar{5}"), ("5", "{" * 40), ("5", "%s%n"), ("5", "\x00"), ("5", "\ud800"), ("5", "<script>5</script>"), ("5", "5" * 6000), ("5", r"\frac{5}{0}"), ("5", "lambda: 5"), ("5", r"\input{/etc/passwd}"), ("5", "((((5"), ("5", "=" * 50),
    ],
}  # fmt: skip

PAIRS = [(kind, gold, answer, verdict)
         for table, verdict in ((YES, True), (MORE_YES, True), (LATE_YES, True), (SENTENCE_YES, True), (FOREIGN_YES, True), (MODEL_YES, True), (NO, False), (MORE_NO, False), (LATE_NO, False),
                                (SENTENCE_NO, False), (FOREIGN_NO, False), (MODEL_NO, False))
         for kind, pairs in table.items() for gold, answer in pairs]  # fmt: skip
