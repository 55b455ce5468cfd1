"""More pairs of a gold answer and another answer: the quirks of the data, conventions and traps; grouped by kind."""

# ruff: noqa: E501

YES: dict[str, list[tuple[str, str]]] = {
    "integers": [
        (r"\{2,3,4\}", r"\{n\in\mathbb{Z} : 2\le n\le 4\}"), ("4,5,6", r"n\in\mathbb{Z},\ 3<n<7"), (r"\{1,2\}", r"\{n\in\mathbb{N} : n^2<6\}"),
        (r"\gcd(n,10)=1", r"n\equiv 1,3,7,9 \pmod{10}"), (r"n\equiv 2,4 \pmod 6", r"\gcd(n,6)=2"),
        (r"\text{even } n \text{ not divisible by } 3", r"n\equiv 2,4\pmod 6"), (r"\text{all integers } n>5 \text{ not divisible by } 3", r"\text{all } n>5 \text{ with } 3\nmid n"),
        (r"n\in\mathbb{Z}, n\ge 3", r"n>2, n \text{ an integer}"), (r"\{2k : k\in\mathbb{Z}_{\ge 1}\}", r"\text{all positive even integers}"),
        (r"\{-3,0,3\}", r"x\in\{0,\pm3\}"), ("a=1, b=2; a=3, b=5", "(a,b)=(3,5),(1,2)"),
    ],
    "vectors": [
        (r"\left(\frac12,1\right)", r"\frac12(1,2)"), ("(4,1,0)", "(1,1,1)+(3,0,-1)"), ("(1+2t,3-t)", "(1,3)+t(2,-1)"), ("(-2,5)", "-(2,-5)"),
        ("(t,3t), t\\in\\mathbb{R}", r"(s,3s) \text{ for all real } s"), ("PQ:QR=3:2", "2PQ=3QR"), (r"H_n", r"1+\frac12+\dots+\frac1n"),
    ],
    "conditions": [
        (r"\frac{1}{x-2}", r"\frac{1}{x-2}\quad(x\ne 2)"), ("n!", r"n! \ (n\ge 1)"), ("x=3", "the root is x=3, i.e. 3"), (r"x\ne 1,4", r"\text{all } x \text{ except } 1 \text{ and } 4"),
    ],
    "integer": [
        ("10000", "10 000"), ("1234567", r"1\ 234\ 567"), ("5", "５"), ("-5", "−5"), ("-5", "﹣5"), ("12", "１２"), ("2", "√4"), ("3", "3rd"), ("21", "21st"), ("3", "three"),
        ("45", "Forty-Five"), ("7", "7!/6!"), ("14", "XIV"), ("9", r"\mathbf{9}"), ("9", "{9}"), ("9", r"\boxed{9.}"), ("9", r"\boxed{\text{9}}"), ("9", r"$\boxed{9}$."),
        ("9", r"9\,"), ("9", r"9\;."), ("81", "9²"), ("8", "2³"), ("0", "0.0"), ("100", "1e2"), ("100", r"10\cdot10"), ("20", r"20\text{ ways}"), ("20", "20 ways"),
        ("20", "20 integers"), ("1000", "one thousand"), ("120", "one hundred twenty"), ("2", r"\frac{4}{2}"), ("36", r"6\times6"), ("7", r"\left(7\right)"),
        ("7", "(7)"), ("7", "[7]"), ("-7", "-(7)"), ("2048", "2^{11}"), ("12", r"\mbox{12}"), ("3", r"\lfloor\pi\rfloor"), ("337", r"\(\boxed{337}\)"),
    ],
    "fraction": [
        (r"\frac13", r"0.\overline{3}"), (r"\frac13", "0.333..."), (r"\frac13", r"0.333\ldots"), (r"\frac13", r"0.\dot{3}"), (r"\frac{41}{333}", r"0.\overline{123}"),
        (r"\frac12", "½"), (r"\frac34", "¾"), (r"\frac34", r"{3\over 4}"), (r"\frac34", "{3}/{4}"), (r"\frac34", r"\frac{3}{4}."), (r"\frac34", "(3/4)"),
        (r"-\frac34", "-(3/4)"), (r"-\frac34", r"-\dfrac{3}{4}"), (r"\frac{4}{5}", r"\frac 45"), (r"1\frac{4}{5}", "1.8"), (r"1\frac{4}{5}", "9/5"),
        (r"137 \frac{1}{2}", "275/2"), (r"\frac{7}{9}", "14/18"), ('\x0crac{5}{16}', "5/16"), (r"\frac{5}{6}", r"1-\frac16"), (r"\frac12", r"\frac{\frac12}{1}"),
        (r"\frac12", "2^{-1}"), ("7 / 5", r"\frac75"), ("499 / 500", "0.998"),
    ],
    "decimal": [
        ("23.120", "23.12"), ("3.25", "3¼"), ("0.5", ".5"), ("0.5", r"\frac12"), ("18.90", "18.9"), ("0.9102805441016536", "0.9102805441016536"), ("12.5", r"12\frac12"),
        ("0.05", r"5\%"), ("1.5", r"1\tfrac12"), ("1.6", "1.60"),
    ],
    "percent": [
        (r"37.5\%", "37.5"), (r"37.5\%", "37.5 percent"), (r"37.5\%", r"\frac38"), (r"10\%", "10"), ("10", r"10\%"), (r"50\%", "0.5"), (r"50\%", "50"), (r"50\%", "50％"),
        (r"73\% and 83\%", r"83\%, 73\%"), (r"33\frac13\%", r"\frac{100}{3}\%"), (r"12\%", r"12\text{ \%}"),
    ],
    "money": [
        (r"\$36", "36 dollars"), (r"\$32,\!348", r"\$32348"), (r"\$18.90", "18.90"), (r"\$ 10.50", "10.5"), (r"\textdollar{7000}", r"\$7,000"), (r"\$1.20", "120 cents"),
        (r"25\text{ cents}", r"\$0.25"), (r"25\text{ cents}", "25"), (r"\$5", "$5$ dollars"), (r"\$160", "160"),
    ],
    "degrees": [
        (r"36^\circ", r"\[ 36^{\circ} \]"), (r"30^\circ", "30 deg"), (r"30^\circ", r"30\degree"), ("30", r"30^\circ"), (r"\frac{1170^{\circ}}{19}", r"\frac{1170}{19}"),
        (r"\sin 30^\circ", r"\frac12"), (r"\sin 30^\circ", r"\sin\frac{\pi}{6}"), (r"137^\circ 30'", r"137\frac12^\circ"), (r"180^\circ", r"\pi"),
        (r"\angle A = 50^\circ", "50"), (r"12^\circ 15'", "12.25"),
    ],
    "units": [
        (r"5\text{ hours and }30\text{ minutes}", "5 hours 30 minutes"), ("5 hours 30 minutes", "330 minutes"), ("5 hours and 30 minutes", "5.5 hours"),
        (r"6\text{ feet }2\text{ inches}", "74 inches"), (r"7200 \mathrm{MB}", "7200"), (r"1620 \mathrm{~mm}^{2}", r"1620\text{ mm}^2"), (r"24\text{ in}^{3}", "24"),
        (r"34\text{ mph}", "34 miles per hour"), (r"12\text{ cm}^2", "12 cm²"), (r"12\text{ cm}^2", "12 sq cm"), (r"12\text{ cm}^2", "12 square cm"),
        (r"3\text{ km}", r"3000\text{ m}"), (r"1\text{ hour}", "60 minutes"), ("5 m", r"5\,\mathrm{m}"), ("5 cm", r"5\ \text{cm}"), (r"12\text{ units}^2", "12"),
        (r"12\text{ square units}", "12"), ("3 inches", '3"'), (r"9\text{ people}", "9"), (r"1.5\text{ hours}", r"90\text{ min}"), (r"2\text{ kg}", r"2000\text{ g}"),
    ],
    "base": [
        ("2132_5", "2132_{5}"), ("2132_5", r"2132_{\text{five}}"), ("1010_2", "(1010)_2"), ("1A_{16}", "1a_{16}"), ("2132_5", r"2132\text{ base }5"),
        ("210_3", "210_{3}."),
    ],
    "radical": [
        (r"\sqrt{50}", r"5\sqrt{2}"), (r"\frac{97 \sqrt{2} + 40 \sqrt{3}}{15}", r"\frac{97\sqrt2}{15}+\frac{8\sqrt3}{3}"), (r"\sqrt{6}", r"\sqrt6"), (r"\sqrt{6}", "√6"),
        (r"2\sqrt{13}", "2√13"), (r"\sqrt{2}", "2^{0.5}"), (r"\sqrt[4]{4}", r"\sqrt2"), (r"\frac{6}{\sqrt3}", r"2\sqrt3"), (r"\sqrt{3}-1", r"-1+\sqrt{3}"),
        (r"\sqrt{2}\cdot\sqrt{3}", r"\sqrt6"), (r"\sqrt{3+2\sqrt2}", r"1+\sqrt2"), (r"10\sqrt{2}\text{ m}", r"10\sqrt2"),
        (r"\sqrt[3]{\frac{1}{2}}", r"\frac{\sqrt[3]{4}}{2}"),
    ],
    "constant": [
        ("2π", r"2\pi"), (r"4\pi", "4 pi"), (r"\ln 4", r"2\ln2"), (r"\log_3 81", "4"), (r"\frac{\ln 8}{\ln 2}", "3"), ("e^2", r"e\cdot e"), (r"\arccos 0", r"\frac\pi2"),
        (r"\tan\frac\pi4", "1"), (r"\infty", "∞"), (r"\infty", r"+\infty"), (r"\binom{4025}{2012}", r"\binom{4025}{2013}"),
        (r"\frac{10000!}{2^{5000}\cdot 5000!}", r"\frac{10000!}{5000!\,2^{5000}}"), (r"4^{2017}-2\cdot3^{2017}+2^{2017}", r"2^{4034}-2\cdot3^{2017}+2^{2017}"),
        ("2^{4012}", "4^{2006}"), (r"5\times 10^4\times 26^2", "33800000"), (r"\sin 15^\circ", r"\frac{\sqrt6-\sqrt2}{4}"), (r"\cosh 0", "1"), (r"\log_{10} 1000", "3"),
        (r"\sqrt{e}", "e^{1/2}"), (r"\phi", "φ"), (r"2\binom{6}{3}", "40"), (r"\binom{6}{3}\binom{4}{2}", "120"), (r"\lg 100", "2"),
    ],
    "complex": [
        ("2+3i", "3i+2"), ("2+3i", "2 + 3 i"), (r"\frac{1}{2}i", "i/2"), (r"1+i\sqrt3", r"1+\sqrt3 i"), ("i^3", "-i"), (r"e^{i\pi/2}", "i"),
        (r"2(\cos 60^\circ+i\sin 60^\circ)", r"1+i\sqrt3"), (r"\frac{3+i}{1-i}", "1+2i"), ("|1+i|", r"\sqrt2"), ("1+2i,1-2i", r"1\pm 2i"), ("z=1+i", "1+i"),
    ],
    "expression": [
        ("(n+1)!-(n-1)!", "(n-1)!(n^2+n-1)"), (r"\frac{n!}{(n-2)!}", "n(n-1)"), (r"\binom{n}{k}", r"\frac{n!}{k!(n-k)!}"), (r"\binom{n}{k}", r"\binom{n}{n-k}"),
        (r"\binom{2n}{n}", r"\frac{(2n)!}{(n!)^2}"), (r"\frac{dy}{dx}=2x", "2x"), (r"\sin^2x+\cos^2x+x", "x+1"), (r"\ln x^2", r"2\ln x"), ("e^{x+y}", "e^xe^y"),
        (r"1 + \left\lceil \frac{n}{2} \right\rceil", r"\left\lceil\frac{n}{2}\right\rceil+1"), (r"\lfloor n/2\rfloor", r"\left\lfloor\frac{n}{2}\right\rfloor"),
        (r"2\sin x\cos x", r"\sin(2x)"), (r"\cos 2x", r"1-2\sin^2 x"), ("2^n-1", "-1+2^n"), ("x^2+2x+1", "(x+1)²"), (r"\frac{a+b}{2}", r"\frac a2+\frac b2"),
        ("n^2-n", "n(n-1)"), (r"\log_2 (n+1)", r"\frac{\ln(n+1)}{\ln 2}"), ("4^n", "2^{2n}"), ("(2n)!!", "2^n n!"), (r"\frac{1}{x-1}, x \neq 1", r"\frac{1}{x-1}"),
        (r"\frac{1}{x-1}", r"\frac{1}{x-1}, x \neq 1"), (r"\frac{1}{x-1}", r"\frac{1}{x-1}\text{ for }x\neq 1"), (r"2^{n}-1 \text{ for } n\ge 1", "2^n-1"),
        (r"\sum_{k=0}^{n}\binom nk", "2^n"), ("3x-7", "f(x)=3x-7"), (r"-\frac{b}{2a}", r"\frac{-b}{2a}"), ("a_1+a_2", "a_2+a_1"), (r"x\sqrt{x}", "x^{3/2}"),
    ],
    "equation": [
        ("x = 5", "5"), ("5", "x=5"), ("y = 2x + 3", "2x + 3"), ("y = 2x + 3", "y-2x=3"), ("5x - 7y + 11z + 4 = 0", "-5x+7y-11z=4"),
        ("5x - 7y + 11z + 4 = 0", "10x-14y+22z+8=0"), ("n=4", "4"), (r"L=1 \text{ or } L=2", "1,2"), (r"L=1 \text{ or } L=2", r"\{1,2\}"), ("x^2+y^2=1", "1=x^2+y^2"),
        ("(x-1)^2+(y-2)^2=9", "x^2+y^2-2x-4y=4"), ("f(x)=2x", "2x"), ("f(x)=2x", "f(n)=2n"), ("f(x)=2x", "f(t)=2t"), (r"f(x) = 0 \ \ \forall x \in \mathbb{R}", "f(x)=0"),
        ("f(x)=x+1", r"f(x)=x+1 \text{ for all } x"), ("f(x)=cx", "cx"), ("x=1, y=2", "(x,y)=(1,2)"), ("(1,2)", "x=1, y=2"), ("(1,2)", "x=1,y=2"),
        ("(1,2)", r"x=1\text{ and }y=2"), (r"x=\frac12", "0.5"), ("k = -3", "-3"), (r"\frac{x^2}{4}+\frac{y^2}{9}=1", "9x^2+4y^2=36"), ("AB = 5", "5"),
        ("x = 2, 3", "2,3"), ("x_1 = 2, x_2 = 3", "2,3"), (r"\theta = 30^\circ", "30"), ("S_n = n^2", "n^2"), ("P = 0.5", r"\frac12"), ("[ABC]=6", "6"),
        (r"f(x)=x \text{ or } f(x)=-x", "f(x)=-x, f(x)=x"), ("f(x)=x, f(x)=-x", "x, -x"), (r"x=2 \text{ and } x=3", "x=3, x=2"),
    ],
    "tuple": [
        ("(2, 251, 252)", "(2,251,252)"), ("(1,2)", r"\langle 1,2\rangle"), (r"\begin{pmatrix}1\\2\end{pmatrix}", r"\langle 1, 2\rangle"),
        (r"\begin{pmatrix}1\\2\end{pmatrix}", "(1,2)"), (r"\begin{pmatrix}1\\2\end{pmatrix}", r"\mathbf{i}+2\mathbf{j}"),
        (r"\begin{pmatrix}1\\2\end{pmatrix}", r"\vec{i}+2\vec{j}"), (r"\langle 3,-1,2\rangle", r"3\hat{i}-\hat{j}+2\hat{k}"), ("(3,4)", "( 3 , 4 )"),
        (r"\left(\frac{1}{2},-1\right)", "(0.5,-1)"), ("(1,2)", r"\boxed{(1,2)}"), ("(0,0,0)", r"\left(0,0,0\right)"), ("(a,b)=(3,5)", "a=3, b=5"),
        ("(a,b)=(3,5)", "(3,5)"), ("(3,5)", "（3，5）"), ("(1;2)", "(1,2)"), ("(x,y,z)=(1,2,3)", "x=1, y=2, z=3"),
    ],
    "interval": [
        ("[0,1]", r"0\le x\le 1"), (r"0 \leq r \leq \frac{1}{2}", r"[0,\tfrac12]"), (r"\lambda \geq e", r"[e,\infty)"), (r"[e,\infty)", r"\lambda\ge e"),
        (r"(-\infty,0)\cup(0,\infty)", r"\mathbb{R}\setminus\{0\}"), (r"(-\infty,0)\cup(0,\infty)", r"x\neq 0"), (r"x\neq 0", r"\mathbb{R}\setminus\{0\}"),
        ("(-5,5)", "|x|<5"), ("|x|<5", "-5<x<5"), ("-5<x<5", "|x|<5"), (r"|x|\ge 2", r"(-\infty,-2]\cup[2,\infty)"), ("|x-1|<2", "-1<x<3"), (r"|x-1|\le 2", "[-1,3]"),
        ("(3,5)", r"\text{between }3\text{ and }5"), ("3<x<5", "between 3 and 5"), ("(-2,∞)", "x>-2"), (r"x \in ( - 3,2)", "(-3,2)"),
        (r"\Big\{x | 2 < x < 3\Big\}", "2<x<3"), (r"[1,2)\cup(2,3]", r"[1,3]\setminus\{2\}"), (r"\left[ 1,2 \right)", "[1,2)"), ("]1,2[", "(1,2)"),
        ("(1,2)", r"\{x\in\mathbb{R}: 1<x<2\}"), (r"\mathbb{R}", r"x\in\mathbb R"), (r"x>1\text{ and }x<3", "(1,3)"), (r"x<1 \lor x>3", r"(-\infty,1)\cup(3,\infty)"),
        ("x<-1, x>3", r"(-\infty,-1)\cup(3,\infty)"), ("2x>6", "x>3"), ("x-3>0", "x>3"), ("-x<-3", "x>3"), (r"3-2x\ge 1", r"x\le 1"),
    ],
    "inequality": [
        (r"x >\frac{10}{3}", "3x>10"), ("-1<x<7", "7>x>-1"), (r"x\le-2 \text{ or } x\ge3", r"x\ge 3\text{ or }x\le -2"), ("a>b>c", "c<b<a"), ("x+y<3", "3>x+y"),
        ("x≥2", r"x\geq 2"), ("x≠2", r"x\neq2"), ("2x+2y<6", "x+y<3"), ("n > 5", "5<n"),
    ],
    "set or list": [
        ("Alice, Bob", "Bob, Alice"), ("Alice, Bob", "Alice and Bob"), (r"\text{Alice and Bob}", "Bob and Alice"), (r"\text{Ann, Bea, Cy}", "Cy, Ann, and Bea"),
        (r"\{(1,2),(2,1)\}", "(2,1),(1,2)"), (r"\{(1,2),(2,1)\}", r"\{(2,1),(1,2)\}"), ("(2, 3), (2, 5), (3, 2)", "(3,2),(2,3),(2,5)"),
        (r"\{0,1000,2000,3000\}", "0, 1000, 2000, 3000"), ("982,982", "982982"), ("4,3,9", "3, 4, 9"), ("2,4", r"\{2,4\}"), (r"\pm 8", "8, -8"),
        (r"\pm 8", r"8\text{ or }-8"), ("1,2,3", "1, 2, and 3"), ("1,2,3", "1;2;3"), (r"\text{either }3-\sqrt{5}\text{ or }3+\sqrt{5}", r"3\pm\sqrt5"),
        (r"9\text{ or }3", "3 or 9"), (r"\{1,3\}", r"x\in\{1,3\}"), (r"\emptyset", "∅"), (r"\emptyset", r"\varnothing"), (r"\text{no solution}", r"\emptyset"),
        (r"\text{no solutions}", "no solution"), (r"\text{DNE}", "does not exist"), (r"\text{no real solutions}", r"\text{No solution}"), (r"\{-4,0,4\}", r"0,\pm4"),
        ("1, 2", "x=1 or x=2"), ("-3, 5", "{-3, 5}"), ("-3, 5", r"\{-3, 5\}"),
    ],
    "matrix": [
        (r"\begin{pmatrix} -7 & 4 \\ 2 & 1 \end{pmatrix}", r"\left[\begin{array}{cc}-7&4\\2&1\end{array}\right]"),
        (r"\begin{pmatrix}2&4\end{pmatrix}", r"2\begin{pmatrix}1&2\end{pmatrix}"), (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", "[[1,2],[3,4]]"),
        (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", r"\begin{matrix}1&2\\3&4\end{matrix}"),
    ],
    "ratio": [
        ("2:3", r"\frac23"), ("2: 5", "2:5"), ("5:11", "10:22"), (r"3: \pi", r"\frac{3}{\pi}"), ("2:3", "2 to 3"), ("2:3", r"2\text{ to }3"), ("1:2:3", "2:4:6"),
        (r"\frac{2}{3}", "2:3"),
    ],
    "time": [
        ("5:30 p.m.", "17:30"), (r"5\text{:}30\text{ p.m.}", "5:30 PM"), (r"\text{4:40 a.m.}", "4:40"), (r"\hspace{.05in}5:21\textsc{pm}", "5:21 pm"),
        ("5:30 p.m.", "5:30 P.M."), ("12:15 a.m.", "0:15"), ("3:00 p.m.", "3 p.m."), ("3 p.m.", "3:00 PM"), (r"\text{January 2 at 9:31AM}", "January 2 at 9:31 AM"),
    ],
    "congruence": [
        (r"x \equiv 7 \pmod{12}", r"7 \pmod{12}"), (r"7\pmod{12}", r"x\equiv 7\pmod{12}"), (r"x \equiv 7 \pmod{12}", r"x\equiv 19\pmod{12}"),
        (r"x \equiv 7 \pmod{12}", r"x \equiv -5 \pmod {12}"), (r"n\equiv 1\pmod 4", r"n \equiv 1 \mod 4"), (r"x\equiv 3\pmod 8", r"x\equiv 3 \bmod 8"),
    ],
    "function": [
        (r"f(x)=\begin{cases}x&x\ge0\\-x&x<0\end{cases}", r"f(x)=\begin{cases} x & x \geq 0 \\ -x & x < 0 \end{cases}"),
        (r"f(x)=\begin{cases}1&\text{if }x>0\\0&\text{otherwise}\end{cases}", r"\begin{cases}1,&\text{if }x>0\\0,&\text{otherwise}\end{cases}"), ("f(n)=n+1", "f(x)=x+1"),
        ("P(x)=x^2", "P(t)=t^2"), ("f(x,y)=x+y", "f(a,b)=a+b"), ("f(x)=x^2+c", "f(t)=t^2+c"), ("f(x)=x^2+c", "f(t)=t^2+d"), ("a_n=2n", "a_k=2k"), ("f(x)=x^3", "x^3"),
    ],
    "text": [
        (r"\text{Yes}", r"$   \text { Yes }  $"), (r"\text{Yes}", "YES"), ("True", r"\text{true}"), ("No", r"\textbf{no}"), ("no", "No."), ("Yes", "Yes, it is"),
        (r"\text{infinitely many } n", "infinitely many n"), (r"\text{irrational}", "Irrational"),
        (r"\text{reflection about the line }y = x", "reflection about the line $y = x$"), (r"\text{an ellipse}", "ellipse"), (r"\text{Thursday}", "Thursday."),
        (r"\textbf{I, II} \text{and} \textbf{ III}", "I, II and III"), (r"\text{odd}", r"\mathrm{odd}"), ("isosceles", r"\text{Isosceles}"),
    ],
    "choice": [
        (r"\text{(C)}", "C"), (r"\text{(C)}", r"\boxed{C}"), ("C", r"\text{C}"), ("C", "(C)"), ("C", "C)"), ("C", r"\textbf{C}"), ("C", r"(C) \frac12"),
        ("C", r"\mathrm{(C)}\ 12"), (r"\frac12", r"(C)\ \frac12"), ("C", "Option C"), ("C", "choice (C)"),
    ],
    "traps": [
        ("[3,5]", "between 3 and 5, inclusive"), ("y=2x", "y=2x, x>0"), ("2x", "2x where x is real"), ("x+1", "x+1 for all real x"), ("1 hour 30 minutes", "1.5 hours"),
        ("1 hour 30 minutes", "90 minutes"), (r"\begin{cases}x=1\\y=2\end{cases}", "(1,2)"),
        (r"\begin{cases}1&x>0\\0&x\le 0\end{cases}", r"\begin{cases}0&x\le0\\1&x>0\end{cases}"), (r"\frac{5}{9}", r"\\frac{5}{9}"), (r"\sqrt{2}", r"{\sqrt 2}"),
        ("x<-2 or x>2", "|x|>2"), (r"|2x-3|\le 5", "[-1,4]"), ("1200", "one thousand two hundred"), ("3 hours", "three hours"), ("5", "five"),
        (r"x\in\mathbb{R}, x\ne 0", r"x\ne0"), ("n(n-1)/2", r"\binom{n}{2}"), ("12", "12th"), (r"\text{(A)}", "A."), ("(-2,2)", "]-2,2["),
        ("6", r"\frac{12}{2}\text{ apples}"), ("34 km/h", "34 kmh"), ("5 m/s", r"5\text{ m/s}"), (r"9.8\text{ m/s}^2", "9.8 m/s^2"), ("60 km/h", "60 km per hour"),
        (r"6\text{ cm}\times 4\text{ cm}", "6 cm × 4 cm"),
    ],
}  # fmt: skip

NO: dict[str, list[tuple[str, str]]] = {
    "integers": [
        (r"\{2,3,4\}", r"\{n\in\mathbb{Z} : 2< n\le 4\}"), (r"\{2,3,4\}", r"\{n\in\mathbb{R} : 2\le n\le 4\}"), ("4,5,6", "3<n<7"), (r"\{0,1,2\}", r"\{n\in\mathbb{N} : n^2<6\}"),
        (r"\gcd(n,10)=1", r"n\equiv 1,3,5,7,9 \pmod{10}"), (r"\gcd(n,10)=1", r"\gcd(m,10)=1"), (r"n\equiv 2,4 \pmod 6", r"\gcd(n,6)=1"), (r"\gcd(n,10)=1", r"\gcd(n,5)=1"),
        (r"\text{even } n \text{ not divisible by } 3", r"n\equiv 2\pmod 6"), (r"n\in\mathbb{Z}, n\ge 3", r"n>3, n \text{ an integer}"),
        (r"\{-3,0,3\}", r"x\in\{0,3\}"), ("a=1, b=2; a=3, b=5", "(a,b)=(3,2),(1,5)"), (r"\{2k : k\in\mathbb{Z}_{\ge 1}\}", r"\text{all even integers } n \ge 0"),
    ],
    "vectors": [
        (r"\left(\frac12,1\right)", r"\frac12(1,1)"), ("(4,1,0)", "(1,1,1)+(3,0,1)"), ("(1+2t,3-t)", "(1,3)+t(2,1)"), ("(-2,5)", "-(2,5)"), ("(1,2)", "A(2,1)"),
        ("(t,3t), t\\in\\mathbb{R}", r"(s,2s) \text{ for all real } s"), ("PQ:QR=3:2", "3PQ=2QR"), (r"H_n", r"1+\frac12+\dots+\frac{1}{n-1}"), ("H_5", r"\frac{25}{12}"),
    ],
    "conditions": [
        (r"\frac{1}{x-2}", r"\frac{1}{x+2}\quad(x\ne -2)"), ("n!", r"n \ (n\ge 1)"), ("x=3", "the root is x=3, i.e. 4"), (r"x\ne 1,4", r"\text{all } x \text{ except } 1"),
    ],
    "integer": [
        ("5", "5 or 6"), ("5", "5 (or maybe 6)"), ("5", r"\boxed{5}\boxed{6}"), ("5", r"\boxed{5}, \boxed{6}"), ("x=5", r"x\neq 5"), ("5", r"x \neq 5"), ("5", "5 > x"),
        ("5", "x<5"), ("1", "1.0000001"), ("0", "10^{-20}"), ("12", r"\frac12"), (r"\frac12", "12"), ("5", r"\text{}"), ("5", r"\boxed{}"), ("5", "The answer is not 5"),
        ("5", r"\text{not }5"), ("5", "5 is wrong"), ("5", "either 5 or 7"), ("5", "5?"), ("5", "the number 5 divides the product 5 times 7"),
        ("5", "What is the value of 5?"), ("5", "5, 5, 5 or 6"), ("5", "5-6"), ("5", "5+"), ("5", "~6"), ("5", r"\approx 6"), ("10000", "10, 000"), ("1,000", "1, 0"),
        ("1, 000", "1"), ("10", "1 0 1"), ("3", "3,14"), ("314", "3,14"), ("3.14", "3,14,15"), ("5", "55"), ("5", "5e1"), ("5", "5%5"), ("6", "3!!"), ("3", "3!"),
        ("5", "0x5f"), ("0", r"\emptyset"), ("0", "-"), ("0", "none of these"), ("7", "7 = 8"), ("8", "7 = 8"), ("5", "5=5=6"), ("5", r"\{5, 6\}"), ("5", "[5, 6]"),
        ("12", "1|2"), ("12", "1:2"), ("12", "1-2"), ("6", "x=5, y=6"), ("2", "2nd or 3rd"), ("10^{100}", "10^{101}"), ("1", "1+10^{-50}"), ("0", "e^{-1000}"),
        ("3", r"5\\3"), ("5", r"5\text{ or so}"), ("5", "at least 5"), ("5", "less than 5"), ("5", "up to 5"), ("5", r"5\text{ or more}"), ("5", r"\ge 5"), ("5", "> 5"),
        ("5", "5^{6}"), ("2", r"\sqrt{2}^{2.0001}"), ("1", r"\frac{10^{30}+1}{10^{30}}"), ("144", "12 12"), ("5", "maybe 5"), ("5", "5 or maybe not"),
        ("5", "I think 5 but possibly 7"), ("5", "5 / 7"), ("5", r"5 \text{ but not } 6 \text{ or } 7"),
    ],
    "fraction": [
        ("1/3", "0.333"), (r"\frac13", "0.3333333333"), (r"\frac{1}{3}", r"0.\overline{33}4"), (r"\frac23", "0.67"), (r"1\frac45", r"\frac45"),
        (r"1\frac{4}{5}", r"\frac{14}{5}"), (r"\frac{45}{7}", r"4\frac57"), (r"\frac{3}{4}", r"\frac{4}{3}"), (r"\frac34", "3,4"), (r"\frac34", "34"),
        (r"\frac34", "(3,4)"), (r"\frac{10}{11}", r"0.\overline{9}"), (r"\frac{1}{97}", "0.0103"), ("7 / 5", "7, 5"),
    ],
    "decimal": [
        ("23.120", "23.121"), ("3.14", "31.4"), ("0.5", "0.05"), ("1.5", "15"), ("0.1", "0.10001"), ("0.9102805441016536", "0.92"), ("18.90", "18.09"),
    ],
    "percent": [
        (r"50\%", "5"), ("0.5", "50"), ("50", "0.5"), (r"37.5\%", r"375\%"), (r"37.5\%", "0.0375"), (r"73\% and 83\%", r"73\%"), (r"10\%", "1000"),
        (r"10\%", r"\frac{1}{100}"),
    ],
    "money": [
        (r"\$36", r"\$63"), (r"\$18.90", r"\$1890"), (r"\$1.20", "12 cents"), (r"25\text{ cents}", r"\$25"), (r"\$5", "€5"), (r"\$32,\!348", "32, 348"),
    ],
    "degrees": [
        (r"\sin 30", r"\sin 30^\circ"), (r"\frac12", r"\sin 30"), (r"36^\circ", r"63^\circ"), (r"36^\circ", "36'"), (r"1^\circ", r"\pi"), (r"12^\circ 15'", "12.15"),
        (r"\tan 60", r"\sqrt3"), (r"\cos 180", "-1"),
    ],
    "units": [
        ("5 cm", "5 m"), (r"6\text{ cm}\times 4\text{ cm}", "24"), ("5 hours and 30 minutes", "5.3 hours"), ("5 hours and 30 minutes", "5 hours"),
        ("5 hours 30 minutes", "5 hours 20 minutes"), (r"10\sqrt{2}\text{ m}", "14.14"), ("34 mph", "34 km/h"), (r"7200 \mathrm{MB}", r"7200\text{ GB}"),
        (r"24\text{ in}^3", r"24\text{ in}^2"), ("3 days", "3 weeks"), ("2 years", "2 months"), (r"12\text{ feet}", r"12\text{ inches}"), (r"5\text{ kg}", r"5\text{ g}"),
    ],
    "base": [
        ("2132_5", "2132"), ("2132_5", "2132_6"), ("1010_2", "10_2"), ("1010_2", "10"), ("1A_{16}", "1B_{16}"), ("1010_2", "1010_{3}"),
    ],
    "radical": [
        (r"\sqrt{6}", "6"), (r"\sqrt{50}", r"2\sqrt5"), (r"\sqrt2", "1.414"), (r"\sqrt[3]{8x}", r"\sqrt{8x}"), (r"\sqrt{2}+1", r"\sqrt{3}"),
        (r"\sqrt{10^{20}+1}", "10^{10}"), (r"\sqrt{2}", r"\pm\sqrt2"), (r"2\sqrt3", r"\sqrt{6}"), (r"10\sqrt2", "14.1421356"),
    ],
    "constant": [
        ("2π", "6.28"), (r"\pi", "3.1416"), ("2^{4012}", "4^{2012}"), (r"\binom{4025}{2012}", r"\binom{4025}{2011}"),
        (r"\frac{10000!}{2^{5000}}", r"\frac{10000!}{2^{5001}}"), ("4^{2010}-2^{2010}", "4^{2010}-2^{2011}"), (r"\ln 2", r"\ln 3"), (r"\infty", "0"),
        (r"\infty", r"\text{DNE}"), (r"\frac{\pi}{4}", "45"), (r"3\pi", "9.42477796"), (r"\log_2 3", r"\log_3 2"),
    ],
    "complex": [
        ("2+3i", "2-3i"), ("2+3i", "3+2i"), ("2+3i", "(2,3)"), ("i", "1"), ("1+i", r"1\pm i"), ("2i", "-2i"), (r"e^{i\pi/3}", r"e^{i\pi/4}"),
    ],
    "expression": [
        ("f(x)=2x", "f(x)=2n"), ("2x", "2n"), ("x+y", "x+z"), ("(n+1)!-(n-1)!", "n!"), (r"\frac{1}{x-1}", r"\frac{1}{x+1}, x\ne1"), (r"\frac{1}{x-1}, x\ne 1", r"x\ne1"),
        ("2^n-1", "2^{n-1}"), (r"\ln(x+y)", r"\ln x+\ln y"), (r"\sin(x+y)", r"\sin x+\sin y"), ("x^2", "2x"), (r"\frac{x+1}{x}", "2"), (r"\sqrt{x^2+1}", "x+1"),
        ("n!", "(n+1)!"), (r"\binom{2n}{n}", r"\binom{2n}{n+1}"), ("ab", "a+b"), (r"\frac{dy}{dx}=2x", "x^2"), ("a_1", "a_2"), ("x", "X"), (r"x, x\ne 1", "1"),
        ("x^2+x", "x^2+x, 3"), (r"1 + \lceil n/2\rceil", r"1+\lfloor n/2\rfloor"),
    ],
    "equation": [
        ("x = 5", "y = 5"), ("x=5", "x=-5"), ("y = 2x + 3", "y=2x"), ("y = 2x + 3", "x=2y+3"), ("5x - 7y + 11z + 4 = 0", "5x - 7y + 11z - 4 = 0"), ("x^2=4", "x=2"),
        ("x=2", "x^2=4"), ("f(x)=2x", "f(x)=3x"), ("f(x)=2x", "f(2)=x"), ("f(x)=2x", "x=2"), ("f(x)=cx", "f(c)=xc+1"), ("f(x)=xy", "f(y)=yy"), ("x=1, y=2", "x=1"),
        ("x=1, y=2", "(2,1)"), ("(1,2)", "y=1, x=2"), ("n=4", "n>4"), ("n=4", r"n\ge 4"), (r"L=1 \text{ or } L=2", "L=1"), ("x=5", "5=6"), ("5", "x+5"), ("5", "5=x+1"),
        ("a=1,b=2", "a=1,b=3"), ("xy=1", "x=1"), ("x=3, 4", "x=3"), ("f(x)=x, f(x)=-x", "f(x)=x"), ("f(x)=x", r"f(x)=x\text{ or }f(x)=0"),
    ],
    "tuple": [
        ("(2, 251, 252)", "(2,252,251)"), ("(1,2)", "(1,-2)"), ("(3,4)", r"\{3,4\}"), ("(1,2)", "(1,2),(2,1)"), (r"\langle 1,2\rangle", r"\langle 2,1\rangle"),
        (r"\begin{pmatrix}1\\2\end{pmatrix}", r"2\vec i+\vec j"), (r"\left(\frac{1}{2},-1\right)", r"\left(\frac12,1\right)"), ("(a,b)=(3,5)", "a=5,b=3"),
        ("(3,4)", "12"), ("(3,4)", "(3.4)"), ("(0,1)", "(0,1]"), ("(1,2,3)", "(1,2,3,4)"),
    ],
    "interval": [
        ("|x|<5", "x<5"), ("|x|<5", r"-5\le x\le 5"), ("|x|>5", "-5<x<5"), ("[0,1]", "0<x<1"), ("[0,1]", r"\{0,1\}"), (r"\lambda \geq e", "e"),
        (r"(-\infty,0)\cup(0,\infty)", r"\mathbb R"), ("(3,5)", "between 3 and 6"), ("3<x<5", "3,5"), (r"x\in(-3,2)", "(-3,2]"), ("[1,2)", "]1,2]"),
        ("x>1", r"x>1\text{ or }x<0"), ("x-3>0", "x-3<0"), ("-x<-3", "x<3"), (r"[e,\infty)", r"(e,\infty)"), (r"[1,\infty)", "x>1"), ("|x-1|<2", "-2<x<2"),
    ],
    "inequality": [
        ("n > 5", "n > 6"), ("x+y<3", "x+y>3"), (r"x\le-2 \text{ or } x\ge3", r"-2\le x\le 3"), (r"\lambda\ge e", r"\lambda\le e"), ("x≠2", "x=2"), ("a>b>c", "a>c>b"),
        ("x>10/3", "x>3.33"), ("2x+2y<6", "x+y<6"),
    ],
    "set or list": [
        ("Alice, Bob", "Alice, Carol"), ("Alice, Bob", "Alice"), (r"\text{Alice and Bob}", r"\text{Alice}"), (r"\{(1,2),(2,1)\}", r"\{(1,2)\}"),
        (r"\{(1,2)\}", r"\{(2,1)\}"), ("4,3,9", "4,3,8"), ("2,4", "24"), ("2,4", "2.4"), (r"\{0,1000\}", "01000"), ("1,2", "1,2,3"), ("1,2,3", "1,2"), (r"\pm 8", "-8"),
        (r"9\text{ or }3", "9"), (r"\text{no solution}", "x=0"), (r"\emptyset", r"\{0\}"), ("222,222", "222"), ("1, 2, 3", "6"), ("1,000", "1, 0, 0, 0"),
        (r"\{1,2\}", "(1,2)"), (r"\{1,2\}", "[1,2]"), ("(1,2),(3,4)", "(1,2,3,4)"), ("Alice, Bob", "Alice or Bob"),
    ],
    "matrix": [
        (r"\begin{pmatrix} -7 & 4 \\ 2 & 1 \end{pmatrix}", r"\begin{pmatrix} 7 & 4 \\ 2 & 1 \end{pmatrix}"), (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", "1,2,3,4"),
        (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", "(1,2,3,4)"), (r"\begin{pmatrix}2&4\end{pmatrix}", r"\begin{pmatrix}1&2\end{pmatrix}"),
        (r"\begin{pmatrix}1&0\\0&1\end{pmatrix}", "1"), (r"\begin{vmatrix}1&2\\3&4\end{vmatrix}", "2"),
    ],
    "ratio": [
        ("2:3", "3:2"), ("2:3", "23"), ("1:2:3", "1:2"), ("5:11", "5.11"), ("2:3", "2:3:1"), (r"3:\pi", r"\pi:3"),
    ],
    "time": [
        ("5:30 p.m.", "5:30 a.m."), ("5:30 p.m.", "6:30 p.m."), ("5:30 p.m.", "530"), ("17:30", "5:30 a.m."), (r"\text{January 2 at 9:31AM}", "January 3 at 9:31AM"),
        ("12:15 a.m.", "12:15 p.m."), ("3 p.m.", "3 a.m."), ("5:30 p.m.", "17:31"),
    ],
    "congruence": [
        (r"x \equiv 7 \pmod{12}", r"x\equiv 8\pmod{12}"), (r"x \equiv 7 \pmod{12}", r"x\equiv 7\pmod{13}"), (r"x \equiv 7 \pmod{12}", "7"),
        (r"x \equiv 7 \pmod{12}", "12"), (r"7\pmod{12}", r"8\pmod{12}"), (r"x \equiv 7 \pmod{12}", r"y \equiv 7 \pmod{12}"),
    ],
    "function": [
        (r"f(x)=\begin{cases}1&x>0\\0&x\le0\end{cases}", r"f(x)=\begin{cases}0&x>0\\1&x\le0\end{cases}"), (r"f(x)=\begin{cases}1&x>0\\0&x\le0\end{cases}", "f(x)=1"),
        ("f(n)=n+1", "f(x)=n+1"), ("P(x)=x^2", "P(t)=x^2"), ("f(x,y)=x-y", "f(a,b)=b-a"),
    ],
    "text": [
        ("Yes", "No"), ("Yes", "not yes"), ("True", "False"), ("No", "Not sure"), ("No", "Yes and no"), ("Yes", "yes or no"), ("odd", "not odd"),
        (r"\text{irrational}", "rational"), (r"\text{infinitely many}", "finitely many"), ("ellipse", "hyperbola"), (r"\textbf{I, II}", "I, II, III"), ("no", "none"),
        (r"\text{Yes}", "1"), ("isosceles", "not isosceles"), ("Thursday", "Thursday or Friday"), (r"\text{DNE}", "0"), ("Alice", "Alice does not win"),
    ],
    "choice": [
        ("C", "D"), (r"\text{(C)}", "B"), ("C", "A, B, C, D, E"), ("C", "C or D"), (r"\text{(C)}", r"(D)\ 12"), ("12", r"(C)\ 13"), ("C", "not C"), ("C", "3C"),
    ],
    "traps": [
        ("5", "5 for x=6"), ("5", "5 for all x"), ("x", "x for x<3, 0 otherwise"), ("2x", "2x where x=3"), ("2x", "2x for x=3"), ("x+1", "x+1 if x>0"),
        ("x^2", "x^2 for x>0 or x+1"), ("5 hours", "5 and 30"), ("5 m", "5 m and 30 cm"), ("5 m 30 cm", "5 m"), ("5 m, 30 cm", "5.3 m"),
        ("1.5 hours", "1 hour 50 minutes"), ("3 and 4", "3.4"), ("x=1", "x=1 for y=2"), ("Alice", "Alice, Bob"), ("Alice, Bob", "Alice, Bob, Carol"), ("yes", "yes, no"),
        ("True", "true, false"), ("No", "yes, no"), ("no solution", "no"), ("No", "no solution"), ("No", "no root"), ("3", "3 to 4"), ("(2,3)", "2 to 3"),
        ("2:3", "3 to 2"), ("(3,5)", "between 3 and 5 inclusive"), ("[3,5]", "between 3 and 5"), ("3", "between 3 and 3.5"), ("|x|<5", "|x|<-5"), ("|x|<0", "x=0"),
        ("x<5", "|x|<5"), ("|x-y|<1", "-1<x<1"), ("2x+1>3", "x>2"), ("x/2>1", "x>1/2"), ("-2x>4", "x>-2"), ("x>0", "2x>1"), ("0x>1", "x>1"), ("x-x>1", "x>1"),
        ("120", "one hundred and two"), ("23", "two three"), ("100", "ten ten"), ("5", "five or six"), ("5", "five six"), ("1000000", "one thousand million"),
        ("1100", "eleven hundred"), ("15", "fifty"), (r"7 \pmod{12}", "7"), ("7", r"7 \pmod{12}"), (r"x \equiv 7 \pmod{12}", "x=7"), (r"1 \pmod 2", r"3 \pmod 4"),
        (r"x \equiv 1,3 \pmod 8", r"x\equiv 1\pmod 8"), ("f(x)=x+a", "f(a)=a+x"), ("f(x)=x+a", "f(a)=a+a"), ("f(x)=1", "f(y)=2"), ("f(x,y)=x", "f(y,x)=x"),
        ("f(2)=4", "f(3)=4"), ("a_n=n", "a_m=n"), ("x_1=2", "x_2=2"), ("a_n=2", "b_n=2"), ("3+4i", "(4,3)"), ("(0,1)", "i"), ("(0,1)", "1"), ("(1,2)", "j+2i"),
        ("(3,0)", "3i"), ("(1,2,0)", "i+3j"), ("2j", "(0,3)"), ("14", "XVI"), ("6", "IV"), ("4", "VI"), ("1000", "MM"), ("50", "xl"), ("11", "X+I"), ("I", "1"),
        ("3 p.m.", "3"), ("3pm", "3 a.m."), ("17:30", "5:30"), ("5:30", "17:30"), ("12:00 p.m.", "0:00"), ("12:00 a.m.", "12:00 p.m."), ("1A_{16}", "1A"),
        ("1A_{16}", "26"), ("11_2", "11 base 3"), ("11_2", "3"), ("FF_{16}", "FE_{16}"), ("C", "Option D"), ("C", "C or Option D"), ("(C)", "option C or D"),
        ("A", "A, B"), ("D", "(E)"), ("C", "c"), ("I", "J"), (r"\begin{cases}1&x>0\\0&x\le 0\end{cases}", r"\begin{cases}1&x\ge0\\0&x<0\end{cases}"),
        (r"\begin{cases}1&x>0\\0&\text{otherwise}\end{cases}", r"\begin{cases}1&x<0\\0&\text{otherwise}\end{cases}"),
        (r"\begin{cases}1&\text{otherwise}\\0&x>0\end{cases}", r"\begin{cases}1&x>0\\0&\text{otherwise}\end{cases}"), (r"\begin{cases}x=1\\y=2\end{cases}", "(2,1)"),
        ("1", r"\begin{cases}1&x>0\\0&x\le0\end{cases}"), ("3 cm", "3 cm^2"), ("60 mph", "60 miles"), ("60 mph", "60 kmh"), ("1 m/s", "1 km/h"), ("3rd", "4th"),
        ("3", "3rd or 4th"), ("21", "21th month of 22"), ("5", "５0"), ("2", "²"), ("25", "2⁵"), ("1", "½"), ("3", "¾"), ("5", "٥0"), ("1", "l"), ("0", "O"), ("5", "𝟓𝟓"),
        (r"\frac{a}{b}", r"\frac{a}{b}, a=b"), ("x", "x, x>0, 3"), ("y=2x", "y=2x, y=3x"), ("y=2x, x>0", "y=3x, x>0"), ("x=2", "x=2, y=3"), ("5", r"5, x\ne1"),
        ("x=5", "x=5, x>7"), (r"2\sqrt3", r"2\sqrt{3}, 5"), ("4", r"4 \text{ is the minimum and } 7 \text{ the maximum}"), ("4", "minimum 4, maximum 7"),
        ("4", "not 5 but 4"), ("4", "4 (not 5)"), ("4", "1+1+2=5"), ("4", "2+2=4=5"), ("4", "4=2x"), ("4", "a=4,b=5"), ("4", "a=3,4"), (r"\{1,2\}", r"\{1,2,\ldots\}"),
        ("1,2,3", r"1,2,\ldots,3"), ("[1,2]", r"[1,2]\cup\{3\}"), (r"\emptyset", r"\{\emptyset\}"), ("0", r"\{\}"), (r"\mathbb{R}", r"\mathbb{Z}"),
        (r"\mathbb{N}", r"\mathbb{Z}"), (r"(0,\infty)", r"\mathbb{R}^+\cup\{0\}"), (r"\frac12", "1/2/1/2"), ("-3^2", "9"), ("2^{-3}", "-8"), ("10", "1e"), ("1", "1e-1"),
        ("12", "1,2"), ("1,2", "12"), ("0.5", r"5\%"), ("90", r"90\pi"), ("x^2", "x^{2}+0.0001"), ("3", "3i"), ("3!", "3"), (r"\log 2", r"\ln 3"), ("sin x", "sin y"),
        ("5 m/s", r"5\text{ km/s}"), ("5 m/s", "5 m"), (r"6\text{ cm}\times 4\text{ cm}", r"24\text{ cm}^2"),
        (r"\lim_{n\to\infty} \frac{1}{n}E(X_{n}) = 3q - 1", r"\lim_{n\to\infty} \frac{1}{n}E(X_{n}) = 3q - 2"), ("2", r"\lim_{x\to0}\frac{\sin x}{x}=1"),
    ],
}  # fmt: skip
