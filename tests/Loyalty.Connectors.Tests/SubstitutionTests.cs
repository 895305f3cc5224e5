using System.Reflection;
using System.Xml.Linq;

namespace Loyalty.Tests.Connectors;

/// <summary>What programs that are compiled ahead of time leave out of Fluid: the compiler fails on a name or a kind that it does not know.</summary>
public sealed class SubstitutionTests
{
    private static string File
    {
        get
        {
            var root = AppContext.BaseDirectory;
            while (!System.IO.File.Exists(Path.Combine(root, "Loyalty.Libs.sln")))
            {
                root = Path.GetDirectoryName(root) ?? throw new InvalidOperationException("the tests run in the repository");
            }

            return Path.Combine(root, "src", "Loyalty.Connectors", "Linking", "Fluid.Substitutions.xml");
        }
    }

    public static TheoryData<string, string> Methods => new(
        from type in XDocument.Load(File).Descendants("type") from method in type.Elements("method") select ((string)type.Attribute("fullname")!, (string)method.Attribute("signature")!));

    [Theory]
    [MemberData(nameof(Methods))]
    public void Each_method_that_is_left_out_is_one_of_Fluid(string type, string signature)
    {
        var name = signature[(signature.IndexOf(' ', StringComparison.Ordinal) + 1)..];
        var parameters = name[(name.IndexOf('(', StringComparison.Ordinal) + 1)..^1].Split(',');
        name = name[..name.IndexOf('(', StringComparison.Ordinal)];
        var methods = typeof(Fluid.FluidParser).Assembly.GetType(type, throwOnError: true)!
            .GetMethods(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly);
        Assert.Contains(methods, m => m.Name == name && m.GetParameters().Select(static p => p.ParameterType.FullName).SequenceEqual(parameters));
    }

    /// <summary>A stub is known to the compiler for numbers and nothing else.</summary>
    [Fact]
    public void All_are_removed() => Assert.All(XDocument.Load(File).Descendants("method"), static m => Assert.Equal("remove", (string?)m.Attribute("body")));
}
