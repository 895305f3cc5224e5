using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Loyalty.Tests.Repo;

public sealed class PublicApiTests
{
    public static TheoryData<string> Libraries => [.. Directory.GetDirectories(Repository.PathOf("src")).Select(static d => Path.GetFileName(d)!)];

    /// <summary>A change of the public surface is seen in review: the file under <c>api/</c> changes with it.</summary>
    [Theory]
    [MemberData(nameof(Libraries))]
    public void The_public_surface_is_the_reviewed_one(string library)
    {
        var found = PublicSurface.Describe(Assembly.Load(library));
        var file = Repository.PathOf("api", library + ".txt");
        if (Environment.GetEnvironmentVariable("UPDATE_API") == "1")
        {
            File.WriteAllText(file, found);
        }

        Assert.True(File.Exists(file), $"api/{library}.txt is missing; UPDATE_API=1 ./build test writes it.");
        var reviewed = File.ReadAllLines(file).Where(static l => l.Length > 0).ToArray();
        var now = found.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var gone = reviewed.Except(now).Select(static l => "- " + l);
        var come = now.Except(reviewed).Select(static l => "+ " + l);
        Assert.True(
            reviewed.SequenceEqual(now),
            $"The public surface of {library} changed (UPDATE_API=1 ./build test rewrites api/{library}.txt for review):\n{string.Join('\n', gone.Concat(come))}");
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void Every_parsable_type_can_be_tried_without_an_exception(string library)
    {
        foreach (var type in Assembly.Load(library).GetExportedTypes())
        {
            var parses = type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly).Any(static m => m.Name == "Parse");
            var tries = type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly).Any(static m => m.Name is "TryParse" or "TryRead");
            Assert.True(!parses || tries, $"{type} has Parse without TryParse.");
        }
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void No_public_type_is_a_mutable_value(string library)
    {
        foreach (var type in Assembly.Load(library).GetExportedTypes().Where(static t => t is { IsValueType: true, IsEnum: false }))
        {
            Assert.True(
                type.IsDefined(typeof(System.Runtime.CompilerServices.IsReadOnlyAttribute), inherit: false),
                $"{type} is a struct that is not readonly.");
        }
    }

    /// <summary>A value that nobody made, such as an element of a new array, can be shown, compared, looked up and written as JSON.</summary>
    [Theory]
    [MemberData(nameof(Libraries))]
    public void The_default_of_every_public_value_is_harmless(string library)
    {
        var faults = new List<string>();
        foreach (var type in Assembly.Load(library).GetExportedTypes().Where(static t => t is { IsValueType: true, IsEnum: false, IsByRefLike: false, ContainsGenericParameters: false }))
        {
            var value = RuntimeHelpers.GetUninitializedObject(type);
            var same = RuntimeHelpers.GetUninitializedObject(type);
            Try(type, "ToString", () => Assert.NotNull(value.ToString()));
            Try(type, "Equals", () => Assert.True(value.Equals(same)));
            Try(type, "GetHashCode", () => Assert.Equal(value.GetHashCode(), same.GetHashCode()));
            Try(type, "JSON", () => Assert.NotEmpty(JsonSerializer.Serialize(value, type)));
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));

        void Try(Type type, string what, Action action)
        {
            try
            {
                action();
            }
            catch (Exception e)
            {
                faults.Add($"{what} of the default of {type}: {e.Message}");
            }
        }
    }

    /// <summary>What others build on Core, our own libraries first, has its public surface and no more.</summary>
    [Theory]
    [MemberData(nameof(Libraries))]
    public void Friends_of_libraries_are_tests_and_benchmarks_alone(string library) => Assert.All(
        Assembly.Load(library).GetCustomAttributes<InternalsVisibleToAttribute>(),
        static friend => Assert.True(
            friend.AssemblyName.EndsWith(".Tests", StringComparison.Ordinal) || friend.AssemblyName == "Loyalty.Benchmarks", $"{friend.AssemblyName} sees internals"));
}
