using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace Loyalty.Tests.Repo;

/// <summary>The public surface of an assembly as text: one line for each type and member, in ordinal order.</summary>
internal static class PublicSurface
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static string Describe(Assembly assembly)
    {
        var lines = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var type in assembly.GetExportedTypes())
        {
            var name = Name(type);
            lines.Add($"{name} : {Kind(type)}{Bases(type)}");
            if (type.IsSubclassOf(typeof(Delegate)))
            {
                var invoke = type.GetMethod("Invoke")!;
                lines.Add($"{name}({Parameters(invoke.GetParameters())}) -> {Name(invoke.ReturnType)}");
                continue;
            }

            foreach (var member in type.GetMembers(Declared))
            {
                if (Line(type, member) is { } line)
                {
                    lines.Add($"{name}.{line}");
                }
            }
        }

        return string.Join('\n', lines) + "\n";
    }

    private static string? Line(Type type, MemberInfo member) => member switch
    {
        ConstructorInfo c when IsOpen(c) => $"ctor({Parameters(c.GetParameters())})",
        MethodInfo m when IsOpen(m) && (!m.IsSpecialName || m.Name.StartsWith("op_", StringComparison.Ordinal)) && !m.IsDefined(typeof(CompilerGeneratedAttribute)) =>
            $"{(m.IsStatic ? "static " : "")}{m.Name}{Generic(m)}({Parameters(m.GetParameters())}) -> {Name(m.ReturnType)}",
        PropertyInfo p when p.GetMethod is { } get && IsOpen(get) =>
            $"{(get.IsStatic ? "static " : "")}{p.Name}{Index(p)} {{ get;{(p.SetMethod is { } set && IsOpen(set) ? IsInit(set) ? " init;" : " set;" : "")} }} -> {Name(p.PropertyType)}",
        FieldInfo f when (f.IsPublic || f.IsFamily) && !f.IsSpecialName =>
            type.IsEnum ? $"{f.Name} = {Convert.ToInt64(f.GetRawConstantValue(), System.Globalization.CultureInfo.InvariantCulture)}"
                : $"{(f.IsLiteral ? $"const {f.Name} = {f.GetRawConstantValue()}" : f.Name)} -> {Name(f.FieldType)}",
        _ => null,
    };

    private static bool IsOpen(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool IsInit(MethodInfo set) => set.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit));

    private static string Kind(Type type) =>
        type.IsEnum ? "enum"
        : type.IsInterface ? "interface"
        : type.IsValueType ? (type.IsByRefLike ? "ref struct" : "struct")
        : type.IsSubclassOf(typeof(Delegate)) ? "delegate"
        : type.IsAbstract && type.IsSealed ? "static class"
        : type.IsSealed ? "sealed class" : "class";

    private static string Bases(Type type)
    {
        if (type.IsEnum || type.IsSubclassOf(typeof(Delegate)))
        {
            return "";
        }

        var bases = type.GetInterfaces().Where(static i => i.IsPublic || i.IsNestedPublic).Select(Name).Order(StringComparer.Ordinal).ToList();
        if (type.BaseType is { } b && b != typeof(object) && b != typeof(ValueType))
        {
            bases.Insert(0, Name(b));
        }

        return bases.Count == 0 ? "" : ", " + string.Join(", ", bases);
    }

    private static string Generic(MethodInfo method) =>
        method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(static a => a.Name))}>" : "";

    private static string Index(PropertyInfo property) =>
        property.GetIndexParameters() is { Length: > 0 } parameters ? $"[{Parameters(parameters)}]" : "";

    private static string Parameters(ParameterInfo[] parameters) => string.Join(", ", parameters.Select(static p =>
        $"{(p.IsOut ? "out " : p.ParameterType.IsByRef ? p.IsIn ? "in " : "ref " : "")}{Name(p.ParameterType)} {p.Name}{(p.HasDefaultValue ? " = " + (p.DefaultValue ?? "default") : "")}"));

    private static string Name(Type type)
    {
        if (type.IsByRef)
        {
            return Name(type.GetElementType()!);
        }

        if (type.IsArray)
        {
            return Name(type.GetElementType()!) + "[]";
        }

        if (type.IsGenericParameter)
        {
            return type.Name;
        }

        var name = new StringBuilder(type.FullName?.StartsWith("Loyalty.", StringComparison.Ordinal) == true ? type.Namespace + "." : "");
        if (type.IsNested)
        {
            name.Append(type.DeclaringType!.Name).Append('.');
        }

        var plain = type.Name;
        name.Append(plain.Contains('`', StringComparison.Ordinal) ? plain[..plain.IndexOf('`', StringComparison.Ordinal)] : plain);
        if (type.IsGenericType)
        {
            name.Append('<').Append(string.Join(", ", type.GetGenericArguments().Select(Name))).Append('>');
        }

        return name.ToString();
    }
}
