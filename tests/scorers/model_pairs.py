"""Pairs for the rules of version 6: what models and other graders' test cases write; grouped by rule."""

# Rows of a table stay whole.
# ruff: noqa: E501

YES: dict[str, list[tuple[str, str]]] = {
    "printed decimals": [
        (r"\frac{1}{3}", "0.3333333333333333"), (r"\frac{1}{3}", "0.33333333333333331"), (r"\frac{5}{12}", "0.4166666666666667"), (r"-\frac{2}{7}", "-0.2857142857142857"), (r"\sqrt{19}", "4.358898943540674"), ("(1/3, 2)", "(0.3333333333333333, 2)"),
        (r"3\sqrt{13}", "10.816653826391969"), (r"\frac{22}{7}", "3.142857142857143"), (r"5\pi", "15.707963267948966"), (r"\frac{1}{3}", "0.33333333333333333333"), (r"2^{-80}", "8.271806125530277e-25"), (r"\frac{1+\sqrt5}{2}", "1.618033988749895"),
        (r"x=\frac13", "x=0.3333333333333333"),
    ],
    "limits that are something": [
        (r"\lim_{n\to\infty} \frac{1}{n}E(X_{n}) = 3q - 1", "3q-1"), (r"\(\lim _{n \to \infty} a_n = \frac{1}{2}\)", r"\frac12"), ("1", r"\lim_{x\to 0}\frac{\sin x}{x}=1"),
    ],
    "curves": [
        (r"y=\pm x", "|x|=|y|"), (r"y=\pm x", "y^2=x^2"), ("y^2=x^2", "y=x, y=-x"), (r"y=\pm\frac{2}{3}x", "4x^2-9y^2=0"), (r"y=\pm\frac23 x", r"\frac{x^2}{9}-\frac{y^2}{4}=0"), ("xy=0", r"x=0 \text{ or } y=0"),
        (r"x=y \text{ or } x=3y", "x^2-4xy+3y^2=0"), ("x^2+y^2=5", "(x^2+y^2-5)^2=0"), ("|x-1|=|y|", r"y=x-1 \text{ or } y=1-x"), (r"a=\pm 2b", "a^2=4b^2"),
        (r"y=3x \text{ or } y=-3x", "|y|=3|x|"),
    ],
    "constants of integration": [
        (r"\frac{x^3}{3}+C", r"\frac{x^3}{3}+c"), (r"\frac14 x^4+C", r"\frac{x^4+4}{4}+C"), (r"\frac12\sin^2 x+C", r"-\frac12\cos^2 x+C"), (r"\ln|x|+C", r"\ln|5x|+C"), (r"e^x+C", "e^x+C_1"), ("y=x^2+C", "y=x^2+k"), (r"-\cos t + C", r"C-\cos t"),
    ],
    "derivatives": [
        ("3x^2", r"\frac{d}{dx}x^3"), ("3x^2", r"\frac{d}{dx}\left(x^3\right)"), ("3x^2", r"\frac{d}{dx}x^3=3x^2"), (r"\cos t", r"\frac{d}{dt}\sin t"), ("2x", r"\frac{dy}{dx}=2x"), ("7", r"\frac{d}{dx}(7x)"),
        (r"\frac{1}{x}", r"\frac{d}{dx}\ln x"), ("e^x(x+1)", r"\frac{d}{dx}\left(xe^x\right)"), (r"\frac{1-x^2}{(1+x^2)^2}", r"\frac{d}{dx}\frac{x}{1+x^2}"), (r"2^x\ln 2", r"\frac{d}{dx}2^x"), (r"\frac{1}{2\sqrt x}", r"\frac{\mathrm d}{\mathrm dx}\sqrt{x}"), ("2xy", r"\frac{\partial}{\partial x}(x^2y)"),
    ],
    "times": [
        ("8:34 pm", "20:34:00"), ("8:34 pm", "8:34:00 PM"), ("8:34:15 pm", "20:34:15"), ("6:05 a.m.", "06:05:00"), ("200 minutes", "3 h 20 min"), (r"3\text{ hours }20\text{ minutes}", "3h 20m"), ("3 hours 20 minutes", "3 h 20 minutes"),
    ],
    "writing": [
        (r"\sin x", "Sin(x)"), (r"\sin x", "SIN(x)"), (r"\sqrt{7}", "Sqrt(7)"), (r"2\ln 3", "2 Ln(3)"), (r"\arctan 2", "ArcTan(2)"), (r"e^{3}", "Exp(3)"), (r"\frac{1}{6}", "0.1(6)"), (r"\frac13", "0.(3)"), ("-3", "minus 3"), ("-3", r"\text{negative } 3"),
        ("11", r"11 \text{.}"), (r"\frac{\pi^2}{6}", r"\zeta(2)"), (r"\frac{\pi^4}{90}", "ζ(4)"), ("210", r"{}_7P_3"), ("210", "P(7,3)"), ("(7,3)", "P(7,3)"), (r"\frac{3}{8}", "3 out of 8"), (r"\frac{1}{20}", "1 in 20"), (r"\begin{pmatrix}1\\-2\\3\end{pmatrix}", "[1,-2,3]^T"),
        (r"\begin{pmatrix}4\\5\end{pmatrix}", r"(4,5)^\top"), ("x=1", r"x=1 \text{ (double root)}"), ("x=1", "x=1 (multiplicity 2)"), (r"[2,5]", r"2\le x\le 5 \text{ (inclusive)}"), ("It is a number that ends with a 5.", r"\text{It is a number that ends with a 5.}"),
        ("100", r"100 \checkmark"), ("100", r"100 \quad\blacksquare"), ("100", "*100*"), ("100", "***100***"), ("100", "100:"),
        (r"\frac{17}{36}", r"P(\text{at least one five})=\frac{17}{36}"), ("(2.5,-1)", r"M\left(\frac{5}{2},-1\right)"), ("5+2i", r"\overline{5-2i}"), ("960", "Total: 960"), ("960", "Total cost: $960"), ("3:4", "Ratio: 3:4"),
    ],
    "words": [(r"\text{parabola}", "The graph is a parabola."), (r"\text{Carol}", r"\text{Player Carol}")],
    "integrals": [("0", r"\int_{-2}^{0}(1+x)\,dx")],
    "series": [(r"\frac{\pi^2}{6}", r"\sum_{n=1}^{\infty}\frac{1}{n^2}"), ("2", r"\sum_{n=1}^{\infty}\frac{n}{2^n}"), ("e", r"\sum_{k=0}^{\infty}\frac{1}{k!}"), (r"-\ln 2", r"\sum_{n=1}^{\infty}\frac{(-1)^n}{n}"), (r"\frac13", r"\sum_{k=1}^{\infty}\frac{1}{4^k}"), (r"\frac{11}{18}", r"\sum_{n=1}^\infty\frac{1}{n(n+3)}")],
    "named ratios": [(r"-\frac{5}{8}", r"\cos A=-\frac58"), (r"\frac{12}{13}", r"\sin\theta=\frac{12}{13}"), (r"\frac34", r"\tan\angle ABC=\frac{3}{4}"), (r"-\frac{7}{25}", r"\cos 2\theta=-\frac{7}{25}"), (r"\frac12", r"\tan\frac{A}{2}=\frac12")],
    "pairs and alternatives": [("a=2, b=3", "b=3 and a=2"), (r"\{(1,0),(0,1)\}", r"x=1,y=0 \text{ or } x=0,y=1"), ("x=2, x=3", "x=2 or x=3")],
    "units": [
        ("1250.5", "1,250.5m²"), ("15", "15 m³"), (r"15\text{ m}^2", "15m²"), (r"10\text{ cm}^3", r"10\text{ mL}"), (r"2\text{ liters}", r"2000\text{ cm}^3"), (r"1\text{ m}^3", r"1000\text{ L}"), ("42", "42%"), ("42", "A) 42"), ("42", "42'"),
        ("5", "¥5"), ("5", "5 yen"), (r"\$0.05", "5¢"), ("5", "₹5"),
    ],
    "sets in words": [
        (r"[0,\infty)", r"\text{all nonnegative real numbers}"), (r"[0,\infty)", r"\text{all non-negative reals}"), (r"(0,\infty)", r"\text{positive real numbers}"), (r"(-\infty,0)", r"x \text{ is negative}"), (r"(-\infty,3)\cup(3,\infty)", r"\text{all real numbers } x \text{ except } x=3"),
        (r"(-\infty,3)\cup(3,\infty)", r"\text{all real } x \text{ such that } x\ne 3"), (r"(-\infty,2)\cup(3,\infty)", r"\{x\mid x<2\}\cup\{x\mid x>3\}"), (r"(0,9)\cup(9,36)", r"(0,36), x\neq 9"), (r"\text{even}", r"\text{Even function}"), (r"n\ge 3 \text{ or } n=1", r"n\ge3 \text{ and } n=1"),
    ],
}  # fmt: skip

NO: dict[str, list[tuple[str, str]]] = {
    "printed decimals": [
        (r"\frac{1}{3}", "0.3333333333"), (r"\frac{1}{3}", "0.333333333333333"), (r"\frac{1}{3}", "0.3333333333433333"), (r"\frac{1}{3}", "0.33333333333333343333"), (r"\frac{3}{10}", "0.30000000000000004"), ("42", "41.99999999999999"), ("1", "0.9999999999999999"), (r"\frac12", "0.5000000000000001"),
        (r"\sqrt{19}", "4.358898943640674"), (r"\pi", "3.141592653589893"), (r"-\frac{1}{3}", "0.3333333333333333"), (r"\frac13", "0.3333333333333333x"), (r"\frac{1}{3}", "0.3333333333333333, 1"), ("5", "5.0000000000000001"), (r"\frac{1}{7}", "0.1428571428571428571429571"),
    ],
    "curves": [
        ("x=2, x=-2", "x^2=4"), (r"x=\pm 2", "x^2=4"), (r"x=\pm 2", "|x|=2"), ("2, 3", "x^2-5x+6=0"), ("x^2=4", r"x=\pm 2"), ("y=x", "|x|=|y|"), (r"y=\pm x", "y=|x|"), (r"y=\pm x", r"y=\pm 2x"), ("xy=0", "x=0, y=0"), (r"y=\pm\frac23 x", r"\frac{x^2}{9}-\frac{y^2}{4}=1"),
        ("x^2+y^2=5", "(x^2+y^2)^2=5"), (r"x=y \text{ or } x=3y", "x^2-4xy-3y^2=0"), ("x^2+y^2=0", "x^4+y^4=0"), ("x+y=3, x-y=1", "(x+y-3)(x-y-1)=0"), (r"f(x)=\pm x", "f(x)^2=x^2"),
        (r"y=3x \text{ or } y=-3x", "3|y|=|x|"), ("y=3x", "|y|=3|x|"), ("y=-3x", "|y|=-3|x|"),
    ],
    "constants of integration": [
        (r"\frac{x^4}{4}+C", r"\frac{x^4}{4}"), (r"\frac{x^3}{3}+C", r"\frac{x^2}{3}+C"), (r"\frac12\sin^2 x+C", r"\frac12\cos^2 x+C"), ("x^2+c+1", "x^2+c"), ("A+B+C+1", "A+B+C"), ("C+1", "C+2"), ("xy+C+1", "xy+C"), (r"e^x+C", "e^x+x+C"), ("x^2+C", "t^2+C"), ("x^2+C", "x^2+a"),
    ],
    "derivatives": [("2x", r"\frac{d}{dx}x^3"), ("x", r"\frac{d}{dx}x^2"), ("3x^2", r"\frac{d}{dx}x^3=2x^2"), ("x^3", r"\frac{d}{dx}x^3"), ("2", r"\frac{d}{dx}x^2"), ("x^2", r"\frac{\partial}{\partial x}(x^2y)"), (r"\cos t", r"\frac{d}{dt}\cos t"), ("f(x)", r"\frac{d}{dx}f(x)"), (r"\frac1d", r"\frac{d}{dx}x^2")],
    "times": [("8:34 pm", "20:34:01"), ("8:34 pm", "8:34:00 am"), ("8:34 pm", "20:43:00"), ("8:34:15 pm", "20:34"), ("200 minutes", "3 h 2 min"), ("200 minutes", "20 h 3 min"), ("8:34 pm", "20:34:60"), ("8:34 pm", "8:34:10 PM")],
    "writing": [
        (r"\sin x", "Cos(x)"), ("-3", "minus 4"), ("3", "minus 3"), (r"\frac16", "0.(16)"), (r"\frac{\pi^2}{6}", r"\zeta(3)"), ("210", "P(7,4)"), ("35", r"{}_7P_3"), (r"\frac38", "8 out of 3"), (r"\frac38", "3 out of 10"), ("3", "3 out of 8"), (r"\begin{pmatrix}1\\-2\end{pmatrix}", "[-2,1]^T"),
        ("x=1", r"x=2 \text{ (double root)}"), ("(1,4)", "(1,2)^2"), (r"\frac{\pi^2}{6}", r"\zeta(s)"),
        ("100", r"101 \checkmark"), ("(1,-2)", "[1,-2)^T"),
        ("5+2i", r"\overline{5+2i}"), ("960", "Wrong: 960"), ("3:4", "Ratio: 4:3"), ("(2.5,1)", r"M\left(\frac{5}{2},-1\right)"), (r"\frac{17}{36}", r"P(\text{no five})=\frac{25}{36}"),
    ],
    "words": [(r"\text{parabola}", "The graph is a hyperbola."), (r"\text{Carol}", r"\text{Player Dave}"), (r"\text{Carol}", r"\text{Player Carol or Dave}")],
    "one more than a large number": [(r"\cosh 95", r"1+\cosh 95"), (r"e^{150}", "e^{150}+1"), (r"e^{180}", "e^{180}+1"), (r"\pi+10^{-50}", r"\pi"), (r"10^{65}\sqrt2", r"10^{65}\sqrt2+1")],
    "integrals": [("0", r"\int_0^{10^{-20}}x\,dx"), ("0", r"\int_0^{10^{-60}}1\,dx")],
    "series": [(r"\frac{\pi^2}{8}", r"\sum_{n=1}^{\infty}\frac{1}{n^2}"), ("e", r"\sum_{k=1}^{\infty}\frac{1}{k!}"), (r"-\frac12", r"\sum_{n=1}^{\infty}(-1)^n"), ("-1", r"\sum_{n=0}^{\infty}2^n"), (r"-\frac{1}{12}", r"\sum_{n=1}^{\infty}n"), (r"\frac{\pi^2}{12}", r"\sum_{n=1}^{\infty}\frac{1}{n^2+1}")],
    "named ratios": [(r"\frac58", r"\cos A=-\frac58"), ("0", r"\sin\theta=0"), (r"\frac12", r"\sin x=\frac12"), (r"\frac12", r"\sin 2x=\frac12"), (r"\text{(A)}", "(B) A"), ("A", "B. A"), (r"\sin A=\frac35", r"\cos A=\frac35")],
    "pairs and alternatives": [("(1,2)", "x=1, x=2"), ("a=2, b=3", "a=2 or b=3"), (r"x_1=1, x_2=2, x_3=3", "x_1=1, x_2=3, x_3=2"), ("(3,1)", "y=3, y=1")],
    "units": [(r"15\text{ m}^2", "15 m³"), (r"10\text{ cm}^3", r"10\text{ L}"), (r"10\text{ cm}^2", r"10\text{ mL}"), ("15", "15.5m²"), ("42", "4.2%"), ("42", "A) 43"), ("0.42", "0.42%"), ("42", "0.42%"), (r"42^\circ", "42'"), ("42", r"42\%\text{ or }43\%"), ("¥5", r"\$5"), (r"\$5", "5¢"), ("0.05", r"\frac{1}{21}"), ("0.05", "0.048"), ("0.2", r"\frac{3}{14}")],
    "sets in words": [
        (r"[0,\infty)", r"\text{all positive real numbers}"), (r"(0,\infty)", r"\text{all nonnegative reals}"), (r"\text{positive}", r"\text{nonnegative}"), (r"(0,36)", r"(0,36), x\neq 9"),
        (r"\text{even}", r"\text{Odd function}"), (r"n>0", r"\text{all nonnegative real numbers}"), (r"(-\infty,3)\cup(3,\infty)", r"\text{all real numbers } x \text{ except } x=2"),
    ],
}  # fmt: skip
